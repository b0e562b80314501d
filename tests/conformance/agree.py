"""Whether what was explained of a request is what became of it: `live/explain` beside the row of `live/tap`."""

import re

REQUEST = ('rewrite', 'access')
CONSUMERS = ('consumer', 'consumer_group')

AGREE, PARTLY, DIFFER = 'agree', 'partly', 'differ'


class Differs(Exception):
    """What was explained is not what happened."""


class Untried(Exception):
    """From here on it is up to a plugin that `live/explain` does not try."""


def compare(told, row, seen=None):
    """(verdict, why). `seen`: the one request that the upstream had of it, as its log says, where there was one."""
    try:
        told_route(told, row)
        ended = told_steps(told, row)
        told_consumer(told, row)
        if not ended:
            told_answer(told, row)
            told_upstream(told, row)
            if seen:
                told_request(told, seen)
        told_filters(told, row)
    except Differs as why:
        return DIFFER, str(why)
    except Untried as why:
        return PARTLY, str(why)
    return AGREE, ''


def same(what, told, real):
    if told != real:
        raise Differs('%s: explained %r, was %r' % (what, told, real))


def told_route(told, row):
    same('route', told.get('route_id'), (row['route'] or {}).get('id'))
    same('service', told.get('service_id'), row['service'])


def untried(told):
    return [p['name'] for p in told.get('plugins', []) if p['verdict'] == 'not tried']


def steps(told):
    """The steps of plugins before an upstream is asked, in their order: (name, phase, verdict)."""
    plugins = [p for p in told.get('plugins', []) if not p['skipped']]
    rules = [p for p in plugins if p['origin'] == 'global_rule']
    rest = [p for p in plugins if p['origin'] != 'global_rule']
    # What the consumer has its own of: the first ran before the consumer was known, the second stands for it afterwards.
    replaced = [p for at, p in enumerate(rest) if any(q['name'] == p['name'] for q in rest[at + 1:])]
    names = {p['name'] for p in replaced}
    early = [p for p in rest if p['origin'] not in CONSUMERS]
    late = [p for p in rest if p['origin'] in CONSUMERS and p['name'] not in names]
    after = [p for p in rest if not any(p is q for q in replaced)]

    def of(some, phase):
        some = [p for p in some if phase in p['phases']]
        return [(p['name'], phase, p['verdict']) for p in sorted(some, key=lambda p: -p['priority'])]
    return (of(rules, 'rewrite') + of(early, 'rewrite') + of(late, 'rewrite')
            + of(rules, 'access') + of(after, 'access'))


def told_steps(told, row):
    """Whether a plugin has ended the request."""
    real = [(p['name'], p['phase'], p['verdict']) for p in row['plugins'] if p['phase'] in REQUEST]
    wanted = steps(told)
    by = (told.get('answer') or {}).get('by')
    hidden = False
    for at, (name, phase, verdict) in enumerate(real):
        if at >= len(wanted) or wanted[at][:2] != (name, phase):
            if hidden and row['consumer'] != (told['consumer'] or {}).get('username'):
                raise Untried('the consumer is found by a plugin that is not tried')
            shown = ['%s %s' % step[:2] for step in wanted]
            raise Differs('plugins: explained %s, were %s' % (shown, ['%s %s' % step[:2] for step in real]))
        said = wanted[at][2]
        hidden = hidden or said == 'not tried'
        if said == 'not reached':
            raise Differs('plugin %s ran in %s, explained as not reached: %s' % (name, phase, told['answer']))
        if verdict == 'pass':
            if said.startswith('exit') and 'access' in row_phases(told, name) and phase == 'rewrite':
                continue
            if said.startswith('exit'):
                raise Differs('plugin %s: explained %s, let the request pass in %s' % (name, said, phase))
            continue
        if said == 'not tried':
            raise Untried('%s answered, which is not tried' % name)
        same('plugin %s in %s' % (name, phase), said, verdict)
        same('who answers', by, name)
        return True
    missing = wanted[len(real):]
    if by:
        raise Differs('%s answers, it was explained, and did not' % by)
    if missing and not told.get('answer'):
        raise Differs('plugins: explained %s, did not run: %s' % (['%s %s' % s[:2] for s in wanted], missing))
    return False


def row_phases(told, name):
    return {phase for p in told['plugins'] if p['name'] == name for phase in p['phases']}


def told_consumer(told, row):
    said = (told.get('consumer') or {}).get('username')
    if said != row['consumer'] and untried(told):
        raise Untried('the consumer is found by a plugin that is not tried')
    same('consumer', said, row['consumer'])


def told_answer(told, row):
    answer = told.get('answer')
    if answer and not answer['by']:
        same('status', answer['status'], row['status'])


def told_upstream(told, row):
    said, real = told.get('upstream'), row['upstream']
    if told.get('answer'):
        return same('upstream', None, real)
    if not real:
        if said and not said.get('error') and said['nodes'] and not untried(told):
            raise Differs('upstream: explained %s, none was asked (%s)' % (said['owner'], row['status']))
        return None
    owner = said and (said['owner'] or '').removeprefix('upstreams/')
    if owner != real['id'] and untried(told):
        raise Untried('the upstream is chosen by a plugin that is not tried')
    same('upstream', owner, real['id'])
    asked = [real['node']] + [failed['node'] for failed in real.get('failed', [])]
    nodes = {node['addr'] for node in said['nodes']}
    for node in asked:
        if node and node not in nodes:
            raise Differs('node: %s was asked, explained are %s' % (node, sorted(nodes)))
    if said['node'] and real['tries'] == 1:
        same('node', said['node'], real['node'])
    return None


def told_request(told, seen):
    if untried(told) or any('before_proxy' in p['phases'] for p in told['plugins'] if not p['skipped']):
        return
    said = told['request']
    same('method for the upstream', said['method'], seen['method'])
    # Keys and tokens in it are masked.
    if not re.fullmatch('[^&]+'.join(re.escape(part) for part in said['uri'].split('***')), seen['target']):
        same('target for the upstream', said['uri'], seen['target'])
    lines = [(k.lower(), v) for k, v in seen['headers']]
    if said['host']:
        same('host for the upstream', said['host'], dict(lines).get('host'))
    made = {(p['config'] or {}).get('header_name', 'X-Request-Id').lower() for p in told['plugins'] if p['name'] == 'request-id'}
    for name, value in said['headers'].items():
        # Lengths are written anew, and ids are made anew.
        if value != '***' and name.lower() not in {'content-length', 'transfer-encoding'} | made:
            got = [v for k, v in lines if k == name.lower()]
            same('field %s for the upstream' % name, value if isinstance(value, list) else [value], got)


def told_filters(told, row):
    """Those that had the answer's head are those explained; one with a filter of its own may have stood aside."""
    real = [p['name'] for p in row['plugins'] if p['phase'] == 'header_filter']
    said = [p for p in told.get('plugins', []) if not p['skipped'] and 'header_filter' in p['phases']]
    for name in real:
        if not any(p['name'] == name for p in said):
            raise Differs('%s had the head of the answer, and was not explained' % name)
    missing = [p['name'] for p in said if p['name'] not in real and '_meta' not in (p['config'] or {})]
    replaced = {p['name'] for at, p in enumerate(said) if any(q['name'] == p['name'] for q in said[at + 1:])}
    if real and set(missing) - replaced:
        raise Differs('%s had not the head of the answer, and were explained' % missing)
