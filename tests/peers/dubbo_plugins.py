"""What plugins make of the calls of a Java consumer, between it and two Java providers.

    dubbo_plugins.py ADMIN KEY METRICS LISTEN FIRST SECOND DUBBO_SH    ports, and the script that calls; the second provider has version 2.0.0
                                                                      and the name `second`

Prints `ok NAME` or `FAILED NAME: why`, a line each.
"""
import http.server
import json
import socket
import subprocess
import sys
import threading
import time
import urllib.request

from told import admin_api, checks

admin, key, metrics, listen, first, second, script = sys.argv[1:]
GREETER = "peer.dubbo.api.GreeterService"
put = admin_api(admin, key)
check = checks("Dubbo2, plugins")


def upstream(port):
    return {"scheme": "dubbo", "type": "roundrobin", "nodes": {f"127.0.0.1:{port}": 1}}


def route(plugins):
    put("routes/dubbo", {"uri": "/*", "plugins": plugins, "upstream": upstream(first)})


def calls(method, arguments="[]", *options):
    """What each call of a consumer gave."""
    command = ["bash", script, "call", "--url", f"dubbo://127.0.0.1:{listen}", "--method", method, "--args", arguments, *options]
    lines = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def call(method, arguments="[]", *options):
    return calls(method, arguments, *options)[-1]


def wait(of, wanted, seconds=20):
    """Looks again and again until it is what is wanted; gives what it was at last."""
    end = time.monotonic() + seconds
    while (got := of()) != wanted and time.monotonic() < end:
        time.sleep(0.05)
    return got


class Recorder:
    """A server that keeps what is sent to it."""

    def __init__(self):
        self.requests = requests = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                requests.append((self.path, self.rfile.read(int(self.headers.get("Content-Length", 0)))))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def versions():
    rule = {"match": [{"vars": [["dubbo_version", "==", "2.0.0"]]}], "weighted_upstreams": [{"upstream": upstream(second), "weight": 1}]}
    route({"traffic-split": {"rules": [rule]}})
    check("traffic-split: a version has its own provider", call("who", "[]", "--version", "2.0.0").get("value"), "second")
    check("traffic-split: the others stay", call("who").get("value"), "first")


def breaker():
    route({"api-breaker": {"break_response_code": 503, "break_response_body": "it rests", "max_breaker_sec": 60,
                           "unhealthy": {"http_statuses": [502], "failures": 2}}})
    told = [(one["ok"], one.get("rootCause", one.get("message", ""))) for one in calls("fail", '["unknown"]', "--count", "3")]
    check("api-breaker: two answers of the provider's, then a limit", [why.endswith("RpcException: it rests") for _, why in told], [False, False, True])


def mirror():
    copies = Recorder()
    route({"proxy-mirror": {"host": copies.url}})
    check("proxy-mirror: the call", call("sayHello", '["w"]').get("value"), "hello w")
    check("proxy-mirror: its copy", wait(lambda: [path for path, body in copies.requests if body], [f"/{GREETER}/sayHello"]), [f"/{GREETER}/sayHello"])
    touches = lambda: call_at(second)
    before = touches()
    route({"proxy-mirror": {"host": f"dubbo://127.0.0.1:{second}"}})
    calls("touch", '["x"]', "--version", "2.0.0", "--count", "3")
    check("proxy-mirror: another provider gets the calls as they are", wait(touches, before + 3), before + 3)


def call_at(port):
    """How often the provider at a port was touched, asked directly."""
    command = ["bash", script, "call", "--url", f"dubbo://127.0.0.1:{port}", "--method", "touches", "--args", "[]", "--version", "2.0.0"]
    lines = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.splitlines()
    return json.loads([line for line in lines if line.startswith("{")][-1]).get("value")


def logger():
    entries = Recorder()
    shown = {"interface": "$dubbo_interface", "method": "$dubbo_method", "status": "$dubbo_status", "threw": "$dubbo_threw", "http": "$status"}
    route({"http-logger": {"uri": f"{entries.url}/logs", "batch_max_size": 1, "log_format": shown}})
    call("fail", '["checked"]')

    def entry():
        if not entries.requests:
            return None
        got = json.loads(entries.requests[0][1])
        return {name: (got[0] if isinstance(got, list) else got).get(name) for name in shown}

    wanted = {"interface": GREETER, "method": "fail", "status": "20", "threw": "true", "http": "200"}
    check("http-logger", wait(lambda: {k: str(v) for k, v in (entry() or {}).items()}, wanted), wanted)


def counted():
    route({"prometheus": {}})
    calls("sayHello", '["w"]', "--count", "3")

    def count():
        with urllib.request.urlopen(f"http://127.0.0.1:{metrics}/apisix/prometheus/metrics", timeout=20) as answer:
            lines = answer.read().decode().splitlines()
        return [float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("apisix_http_status{") and 'route="dubbo"' in line]

    check("prometheus", wait(count, [3.0]), [3.0])


def ids():
    route({"request-id": {"header_name": "X-Request-Id", "include_in_response": False}})
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    got = call("attachments", "[]", "--attach", f"traceparent={trace}", "--attach", "X-Request-Id=").get("value") or {}
    made = call("attachments").get("value") or {}
    field = lambda of: next((value for name, value in of.items() if name.lower().replace("_", "-") == "x-request-id"), None)
    check("trace attachments pass", got.get("traceparent"), trace)
    check("request-id is an attachment", len(field(made) or ""), 36)
    put("plugin_metadata/opentelemetry", {"collector": {"address": "127.0.0.1:9"}})
    route({"opentelemetry": {"sampler": {"name": "always_on"}}})
    got = call("attachments", "[]", "--attach", f"traceparent={trace}").get("value") or {}
    parent = got.get("traceparent", "").split("-")
    check("opentelemetry: the provider's parent is the gateway's span", [parent[1:2], parent[2:3] == trace.split("-")[2:3]], [trace.split("-")[1:2], False])


for one in [versions, breaker, mirror, logger, counted, ids]:
    try:
        one()
    except (OSError, IndexError, KeyError, ValueError, TypeError, AttributeError) as error:
        check(one.__name__, repr(error), "no error")
