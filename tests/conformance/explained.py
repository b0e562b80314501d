#!/usr/bin/env python3
"""Asks `live/explain` before each request of the conformance cases, and compares with what became of the request.

usage: explained.py --cases DIR --gateway PATH [--gatewayctl PATH] [--data DIR] [--only GLOB] [--redis] [--json FILE] [-v]

DIR is the folder of the cases' own runner (run.py), which sends the requests. A request is explained as it stands, then sent; what
`live/tap` says of it is compared: route, service, consumer, plugins in their order with what came of each, who answered, upstream
and node, and the request that the upstream got. Meanwhile the upstream must have seen nothing, and the counters must stand still.
Of some requests `gatewayctl trace -o json` is asked as well, and has to say the same. Exit 1: something of a proven case differs.
"""
import argparse, collections, importlib.util, json, os, re, socket, subprocess, sys, tempfile, threading, time
from types import SimpleNamespace

import agree

KEY = 'edd1c9f034335f136f87ad84b625c8f1'
ADMIN, PROXY, TLS, METRICS = ('127.0.0.1', 9180), ('127.0.0.1', 1984), ('127.0.0.1', 1994), ('127.0.0.1', 9091)
# Series that requests move, and nothing else.
COUNTED = ('apisix_http_', 'apisix_bandwidth', 'gateway_requests', 'gateway_upstream_requests')
# Every so many requests gatewayctl is asked, too.
SAMPLE = 10


def load_runner(folder):
    spec = importlib.util.spec_from_file_location('run', os.path.join(folder, 'run.py'))
    run = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(run)
    return run


class Tap(threading.Thread):
    """Reads `live/tap`, and keeps its rows."""

    def __init__(self):
        super().__init__(daemon=True)
        self.rows, self.more, self.over = [], threading.Condition(), False
        self.sock = socket.create_connection(ADMIN, timeout=5)
        self.sock.sendall(b'GET /apisix/admin/live/tap?max_rps=10000 HTTP/1.1\r\nHost: localhost\r\nX-API-KEY: %s\r\n'
                          b'Accept: application/x-ndjson\r\n\r\n' % KEY.encode())
        self.file = self.sock.makefile('rb')
        if b' 200 ' not in self.file.readline():
            raise OSError('no live/tap')
        while self.file.readline().strip():
            pass
        self.sock.settimeout(None)
        self.start()

    def run(self):
        try:
            # Lines come in chunks; what is no row is the size of one.
            for line in self.file:
                if line.startswith(b'{"id"'):
                    with self.more:
                        self.rows.append(json.loads(line))
                        self.more.notify_all()
        except (OSError, ValueError):
            pass
        with self.more:
            self.over = True
            self.more.notify_all()

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def since(self, mark, want, seconds):
        """Rows behind `mark` that `want` chooses of them, as soon as there are some."""
        end = time.time() + seconds
        with self.more:
            while True:
                rows = want(self.rows[mark:])
                left = end - time.time()
                if rows or left <= 0 or self.over:
                    return rows
                self.more.wait(left)


def asked_of(q, host, tls):
    """A request as it is asked about, and why it cannot be asked about, if so."""
    if 'raw' in q:
        q = parsed(q['raw'])
        if q is None:
            return None, 'no request of HTTP'
    if q.get('http_version', '1.1') != '1.1':
        return None, 'HTTP/%s' % q['http_version']
    if not q['path'].startswith('/'):
        return None, 'its target is no path'
    lines = list(q.get('headers', []))
    low = {name.lower(): value for name, value in lines}
    body = json.dumps(q['json']) if 'json' in q else q.get('body')
    if 'chunked' in low.get('transfer-encoding', ''):
        body = unchunked(body or '')
        lines = [line for line in lines if line[0].lower() != 'transfer-encoding']
    if body is None and q['method'] in ('POST', 'PUT', 'PATCH'):
        body = ''
    if 'host' not in low:
        lines.insert(0, ('Host', host))
    if 'connection' not in low:
        lines.append(('Connection', 'close'))
    fields = {}
    for name, value in lines:
        fields.setdefault(name, []).append(value)
    asked = {'method': q['method'], 'url': q['path'], 'headers': fields, 'protocol': 'http1', 'port': PROXY[1]}
    if body:
        asked['body'] = body
    elif body is not None and 'content-length' not in low:
        fields['Content-Length'] = ['0']
    if tls is not None:
        asked.update(port=TLS[1], sni=tls.get('sni') or '', client_cert=bool(tls.get('cert')))
    try:
        json.dumps(asked, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return None, 'bytes that are no text'
    return asked, None


def parsed(raw):
    head, _, body = raw.partition('\r\n\r\n')
    first, *lines = head.split('\r\n')
    words = first.split(' ')
    if len(words) != 3 or not words[2].startswith('HTTP/'):
        return None
    headers = [(name, value.strip()) for name, _, value in (line.partition(':') for line in lines)]
    return {'method': words[0], 'path': words[1], 'http_version': words[2][5:], 'headers': headers, 'body': body or None}


def unchunked(text):
    body = ''
    while True:
        size, _, text = text.partition('\r\n')
        try:
            n = int(size.split(';')[0], 16)
        except ValueError:
            return body
        if n == 0:
            return body
        body, text = body + text[:n], text[n + 2:]


class Judge:
    """What was found, request by request."""

    def __init__(self):
        self.case, self.off, self.lock = None, False, threading.Lock()
        self.found = []

    def note(self, verdict, why, q, told=None, row=None):
        with self.lock:
            if self.off and verdict != agree.DIFFER:
                return
            line = '%s %s' % (q.get('method', 'raw'), q.get('path', ''))
            self.found.append({'case': self.case, 'request': line[:200], 'verdict': verdict, 'why': why,
                               **({'told': told, 'row': row} if verdict == agree.DIFFER else {})})


def make(run, a, judge):
    """The runner, with a question before each request."""
    talk, connect, bound = run.talk, run.connect, threading.local()
    state = SimpleNamespace(tap=None, runner=None, n=0, traced=0)

    def prebound():
        sock = socket.socket()
        sock.bind(('127.0.0.1', 0))
        return sock

    def connecting(addr, timeout):
        sock = getattr(bound, 'sock', None)
        if sock is None:
            return connect(addr, timeout)
        bound.sock = None
        sock.settimeout(timeout)
        sock.connect(addr)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def admin(method, path, body=None):
        q = {'method': method, 'path': '/apisix/admin' + path, 'headers': [['X-API-KEY', KEY], ['Content-Type', 'application/json']]}
        if body is not None:
            q['json'] = body
        return talk(ADMIN, [q], 5, 'localhost')[0]

    def counters():
        text = talk(METRICS, [{'method': 'GET', 'path': '/apisix/prometheus/metrics'}], 5, 'localhost')[0].text()
        return [line for line in text.split('\n') if line.startswith(COUNTED) and 'connections' not in line]

    def upstream(command):
        up = state.runner.up
        up.stdin.write(json.dumps({'log': command}) + '\n')
        up.stdin.flush()
        return json.loads(up.stdout.readline()).get('log', [])

    def explain(asked, alone):
        """The answer; it must leave no trace."""
        why = None
        for _ in range(3):
            mark = len(state.tap.rows)
            before = counters() if alone else None
            if alone:
                upstream('clear')
            answer = admin('POST', '/live/explain', asked)
            if not alone:
                return answer, None
            seen, after = upstream('get'), counters()
            rows = state.tap.rows[mark:]
            # Health checks and what is still under way come and go: nobody else counts three times in a row.
            if not seen and before == after and not rows:
                return answer, None
            why = 'explained, and seen by the upstream: %s, by live/tap: %s, by the counters: %s' % (
                seen[:1], rows[:1], sorted(set(after) ^ set(before))[:4])
        return answer, why

    def trace(asked, told, tls):
        """`gatewayctl trace` about the same; what it says otherwise."""
        url = 'https://' if tls is not None else 'http://'
        host = [v[0] for k, v in asked['headers'].items() if k.lower() == 'host'][0]
        args = [a.gatewayctl, '--server', 'http://%s:%d' % ADMIN, '--key-file', a.keyfile, 'trace', asked['method'],
                url + (host or 'localhost') + asked['url'], '-o', 'json', '--http1.1', '--client', asked['client_addr'],
                '--port', str(asked['port'])]
        for name, values in asked['headers'].items():
            args += [part for value in values for part in ('-H', '%s: %s' % (name, value) if value else name + ';')]
        if 'body' in asked:
            if asked['body'].startswith('@'):
                return None
            args.append('--data=' + asked['body'])
        if asked.get('sni'):
            args += ['--sni', asked['sni']]
        if asked.get('client_cert'):
            args.append('--client-cert')
        env = {k: v for k, v in os.environ.items() if not k.startswith('GATEWAYCTL')}
        done = subprocess.run(args, capture_output=True, text=True, env=dict(env, HOME=a.work, XDG_CONFIG_HOME=a.work))
        if done.returncode:
            return 'gatewayctl trace: exit %d: %s' % (done.returncode, done.stderr.strip()[:300])
        said = json.loads(done.stdout)
        for name in ('route_id', 'service_id', 'consumer', 'plugins', 'answer', 'upstream', 'candidates'):
            if said.get(name) != told.get(name):
                return 'gatewayctl trace: %s is %s, live/explain says %s' % (
                    name, json.dumps(said.get(name))[:300], json.dumps(told.get(name))[:300])
        return None

    def talking(addr, reqs, timeout, host, tls=None):
        if addr not in (PROXY, TLS) or state.tap is None:
            return talk(addr, reqs, timeout, host, tls)
        sock = prebound()
        port = sock.getsockname()[1]
        told, mark, alone = ask(reqs, host, tls, port)
        bound.sock = sock
        answers = talk(addr, reqs, timeout, host, tls)
        bound.sock = None
        judge_all(reqs, told, rows_of(reqs, mark, port, alone), alone)
        return answers

    def ask(reqs, host, tls, port):
        alone = threading.current_thread() is threading.main_thread()
        told = []
        for q in reqs:
            asked, why = asked_of(q, host, tls)
            answer = None
            if asked:
                asked['client_addr'] = '127.0.0.1:%d' % port
                answer, trouble = explain(asked, alone)
                if trouble:
                    judge.note(agree.DIFFER, trouble, q)
                if answer.status != 200:
                    why = 'not explained: %s' % answer.brief()
                elif a.gatewayctl and alone:
                    state.n += 1
                    if state.n % SAMPLE == 1:
                        state.traced += 1
                        trouble = trace(asked, answer.json(), tls)
                        if trouble:
                            judge.note(agree.DIFFER, trouble, q, answer.json())
            told.append((answer.json() if answer and not why else None, why))
        if alone:
            upstream('clear')
        return told, len(state.tap.rows), alone

    def rows_of(reqs, mark, port, alone):
        paths = [q.get('path', '').split('?')[0] for q in reqs]

        def alike(rows):
            return [row for row in rows if row['path'].split('?')[0] in paths]

        def ours(rows):
            # What a plugin has asked for on the client's behalf has its address, too.
            mine = [row for row in alike(rows) if row['client'].endswith(':%d' % port)]
            return mine if len(mine) >= len(reqs) else []
        single = alone and len(reqs) == 1
        rows = state.tap.since(mark, ours, 0.2 if single else 10)
        if not rows and single:
            # The client's address may be another one by a plugin or by trusted fields; what it led to ended before it.
            rows = state.tap.since(mark, lambda rows: alike(rows)[-1:], 2)
        return rows

    def judge_all(reqs, told, rows, alone):
        seen = upstream('get') if alone and len(reqs) == 1 else []
        for at, (q, (answer, why)) in enumerate(zip(reqs, told)):
            row = rows[at] if at < len(rows) else None
            if why:
                judge.note('none', why, q)
            elif row is None:
                judge.note('none', 'live/tap has no row of it', q)
            else:
                verdict, why = agree.compare(answer, row, seen[0] if len(seen) == 1 else None)
                chunked = any('chunked' in value for _, value in q.get('headers', []))
                if verdict == agree.DIFFER and chunked and (answer['answer'] or {}).get('status') == row['status']:
                    verdict, why = agree.PARTLY, 'a body in chunks is explained as one of a known length'
                judge.note(verdict, why, q, answer, row)

    class Gateway(run.Gateway):
        def start(self, cfg, env):
            if state.tap:
                state.tap.close()
                state.tap = None
            started = super().start(cfg, env)
            if started:
                state.tap = Tap()
            return started

    class Run(run.Run):
        def why_skip(self, c, s):
            judge.case = s['id']
            return super().why_skip(c, s)

        def sock(self, o):
            target, q = o['target'], {'raw': o.get('send', '')}
            if target.startswith('stream'):
                return super().sock(o)
            self.settle()
            if not o.get('send'):
                return self.shake(o)
            sock = prebound()
            port = sock.getsockname()[1]
            host = '%s:%d' % PROXY
            told, mark, alone = ask([q], host, {'sni': o.get('sni')} if o.get('tls') else None, port)
            bound.sock = sock
            failed = super().sock(o)
            bound.sock = None
            judge_all([q], told, rows_of([q], mark, port, alone), alone)
            return failed

        def shake(self, o):
            """A handshake alone: whether there is a certificate for it."""
            q = {'method': 'TLS', 'path': o.get('sni') or ''}
            told = admin('POST', '/live/explain', {'url': '/', 'sni': o.get('sni') or '', 'port': TLS[1]}).json()
            failed = super().sock(o)
            wanted = o.get('expect', {}).get('handshake')
            if not o.get('tls') or failed or wanted is None:
                return failed
            if wanted == bool((told.get('tls') or {}).get('ssl_id')):
                judge.note(agree.AGREE, '', q)
            else:
                judge.note(agree.DIFFER, 'certificate: explained %s, the handshake %s' % (
                    told.get('tls'), 'succeeded' if wanted else 'failed'), q, told)
            return failed

    run.talk, run.connect, run.Gateway = talking, connecting, Gateway
    state.runner = Run(a)
    return state


def requests_of(case):
    """Whether a proven case sends any request."""
    text = json.dumps(case.get('ops', []))
    return any('"kind": "%s"' % kind in text for kind in ('http', 'https')) or '"target": "plain' in text or '"target": "tls' in text


def arguments():
    ap = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    ap.add_argument('--cases', required=True, help='the folder of the cases, with run.py')
    ap.add_argument('--gateway', required=True, help='the binary')
    ap.add_argument('--gatewayctl', help='the binary; of one request in %d it is asked, too' % SAMPLE)
    ap.add_argument('--data', help='folder for the data')
    ap.add_argument('--allow', action='append', default=[], help='file of ids of cases that may fail, one a line')
    ap.add_argument('--only', action='append', help='glob or part of a file id')
    ap.add_argument('--redis', action='store_true', help='a Redis listens on 127.0.0.1:6379')
    ap.add_argument('--json', help='everything that was found goes there')
    ap.add_argument('-v', '--verbose', action='store_true')
    return ap.parse_args()


def options(a, files, work):
    """What the runner's own command line would have made."""
    base = json.load(open(os.path.join(a.cases, 'base.json')))
    base['gateway'] = {'data_dir': os.path.join(a.data or work, 'data')}
    with open(os.path.join(work, 'base.json'), 'w') as f:
        json.dump(base, f)
    keyfile = os.path.join(work, 'key')
    with open(keyfile, 'w') as f:
        f.write(KEY + '\n')
    env = {}
    for case in files:
        env.update(case.get('env', {}))
    return SimpleNamespace(
        admin='http://%s:%d' % ADMIN, key=KEY, proxy='%s:%d' % PROXY, tls_port=TLS[1], control='127.0.0.1:9090', stream='',
        stream_tls='', gateway_cmd=a.gateway + ' --config {config}', base_config=os.path.join(work, 'base.json'), daemon=False,
        start_timeout=15, settle=0.1, timeout=6, lua=False, service=None, env=False, redis=a.redis, grpc=False, messages=True,
        no_upstream=False, no_weak=False, workdir=work, fixed_env=env, gatewayctl=a.gatewayctl, keyfile=keyfile, work=work)


def failing(ran, allow):
    return {one['id']: one['why'] for one in ran if one['result'] == 'fail' and one['id'] not in allow}


def tell(file_id, found, seconds, verbose):
    count = collections.Counter(one['verdict'] for one in found)
    print('%-44s %4d agree %4d partly %4d differ %4d not comparable %6.1f s' % (
        file_id, count[agree.AGREE], count[agree.PARTLY], count[agree.DIFFER], count['none'], seconds), flush=True)
    for one in found:
        if one['verdict'] == agree.DIFFER or verbose and one['verdict'] != agree.AGREE:
            print('    %s %s %s\n        %s' % (one['verdict'].upper(), one['case'], one['request'], one['why'][:900]), flush=True)


def main():
    a = arguments()
    run = load_runner(a.cases)
    proven = set(open(os.path.join(a.cases, 'proven.txt')).read().split())
    files = run.load([os.path.join(a.cases, 'cases')], a.only, None)
    files = [c for c in files if any(s['id'] in proven and requests_of(s) for s in c['steps'])]
    allow = {line.split()[0] for path in a.allow for line in open(path) if line.strip() and not line.startswith('#')}
    judge, failed, cases = Judge(), [], 0
    work = tempfile.mkdtemp(prefix='explained-')
    state = make(run, options(a, files, work), judge)
    runner = state.runner
    runner.start_upstream()
    began = time.time()
    try:
        if not runner.g.start(None, None):
            sys.exit('the gateway did not start: see %s/gateway.log' % work)
        for case in files:
            first, start = len(judge.found), time.time()
            ran = [one for one in runner.file(case) if one['id'] in proven]
            cases += sum(one['result'] != 'skip' for one in ran)
            again = failing(ran, allow)
            # Where it is a matter of time, another time it is not.
            if again:
                judge.off = True
                again = failing(runner.file(case), allow | {one['id'] for one in ran if one['id'] not in again})
                judge.off = False
            failed += ['%s: %s' % (name, why[:300]) for name, why in again.items()]
            tell(case['id'], judge.found[first:], time.time() - start, a.verbose)
    finally:
        runner.g.stop()
        runner.up.terminate()
    return summary(a, judge.found, proven, failed, cases, state.traced, time.time() - began)


def summary(a, found, proven, failed, cases, traced, seconds):
    if a.json:
        with open(a.json, 'w') as f:
            json.dump(found, f, indent=1)
    ours = [one for one in found if one['case'] in proven]
    reasons = collections.Counter((one['verdict'], re.sub(r'^(\S+) answered', 'a plugin answered', one['why'])) for one in ours
                                  if one['verdict'] in (agree.PARTLY, 'none'))
    for (verdict, why), n in reasons.most_common():
        print('%5d %s: %s' % (n, 'agree as far as plugins are tried' if verdict == agree.PARTLY else 'not comparable', why[:120]))
    for one in failed:
        print('a case failed where it was explained first: ' + one)
    count = collections.Counter(one['verdict'] for one in ours)
    print('%d proven cases, of which %d send %d requests: %d agree, %d agree as far as plugins are tried, %d differ, '
          '%d not comparable; %d asked by gatewayctl trace; %.0f s' % (
              cases, len({one['case'] for one in ours}), len(ours), count[agree.AGREE], count[agree.PARTLY], count[agree.DIFFER],
              count['none'], traced, seconds))
    return 1 if count[agree.DIFFER] or failed or not ours else 0


if __name__ == '__main__':
    sys.exit(main())
