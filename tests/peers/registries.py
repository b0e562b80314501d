"""The gateway with real registries, ZooKeeper and Nacos, and with a real Dubbo provider registered there at either level: nodes that
come, change and go, a registry that is killed and comes back, a gateway that is started while its registry is down.

    registries.py GATEWAY PEERS     the binary, the folder of the peers' start scripts

Prints `ok NAME` or `FAILED NAME: why`, a line each.
"""
import http.server
import json
import os
import pathlib
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import zookeeper

KEY = "a-key-for-these-checks-0123456789"
DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
gateway, peers = sys.argv[1:]
work = pathlib.Path(tempfile.mkdtemp())
os.environ.setdefault("PEERS_RUN", str(work / "peers"))


def check(name, got, wanted):
    print(f"ok {name}" if got == wanted else f"FAILED {name}: got {got!r}, not {wanted!r}", flush=True)


def ports(count):
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    return [one.getsockname()[1] for one in held]


def registry_port(*beside):
    """A free port, with others beside it, below those that connections are given: who connects again and again to a port of those
    that nobody listens on is at last given it, and talks to itself."""
    while True:
        port = random.randrange(12_000, 30_000)
        try:
            held = [socket.create_server(("127.0.0.1", port + by)) for by in (0, *beside)]
            del held
            return port
        except OSError:
            pass


def call(method, url, body=None, headers={}):
    request = urllib.request.Request(url, method=method, data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def wait(what, of, wanted, seconds=30):
    """Looks again and again whether it is what is wanted; gives what it was at last."""
    end = time.monotonic() + seconds
    while True:
        try:
            got = of()
        except (OSError, ValueError) as error:
            got = str(error)
        if got == wanted or time.monotonic() > end:
            return check(what, got, wanted)
        time.sleep(0.05)


class Node:
    """An upstream node that says its name."""

    def __init__(self, name):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Length", str(len(name)))
                self.end_headers()
                self.wfile.write(name.encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def script(path, verb, *arguments, **environment):
    log = open(work / "peers.log", "a")
    command = ["bash", f"{peers}/{path}", verb, *arguments]
    return subprocess.run(command, env={**os.environ, **environment}, stdout=log, stderr=log).returncode


class Gateway:
    """One whose configuration has `discovery`, a dictionary or the lines of it."""

    def __init__(self, name, discovery):
        self.proxy, self.admin, self.control, self.dubbo, status, metrics = ports(6)
        local = lambda port: {"ip": "127.0.0.1", "port": port}
        self.folder = work / name
        self.folder.mkdir()
        self.config = self.folder / "config.yaml"
        config = {
            "apisix": {"node_listen": [local(self.proxy)], "control": local(self.control), "status": local(status)},
            "gateway": {"data_dir": str(self.folder / "data"), "dubbo": {"listen": [local(self.dubbo)]}},
            "deployment": {"admin": {"admin_key": [{"name": "admin", "key": KEY, "role": "admin"}], "admin_listen": local(self.admin)}},
            "plugin_attr": {"prometheus": {"export_addr": local(metrics)}},
        }
        lines = discovery if isinstance(discovery, str) else f"discovery: {json.dumps(discovery)}\n"
        self.config.write_text("".join(f"{key}: {json.dumps(value)}\n" for key, value in config.items()) + lines)
        self.start()

    def start(self):
        self.process = subprocess.Popen([gateway, "--config", self.config], stderr=open(self.folder / "log", "a"))
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                return socket.create_connection(("127.0.0.1", self.proxy)).close()
            except OSError:
                time.sleep(0.05)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def put(self, path, value):
        url = f"http://127.0.0.1:{self.admin}/apisix/admin/{path}"
        return call("PUT", url, json.dumps(value).encode(), {"X-API-KEY": KEY})[0]

    def read(self, path):
        """What the Admin API says."""
        url = f"http://127.0.0.1:{self.admin}/apisix/admin/{path}"
        return json.loads(call("GET", url, None, {"X-API-KEY": KEY})[1])

    def get(self, path):
        status, body = call("GET", f"http://127.0.0.1:{self.proxy}{path}")
        return body if status == 200 else status

    def spread(self, path):
        """Who answers, of some requests."""
        return sorted({self.get(path) for _ in range(8)}, key=str)

    def dump(self, registry):
        return json.loads(call("GET", f"http://127.0.0.1:{self.control}/v1/discovery/{registry}/dump")[1])

    def nodes(self, registry, service):
        """`port weight` of each node, the weight of one that is warming up left out."""
        nodes = self.dump(registry)["services"].get(service, [])
        return sorted(f"{node['port']}" for node in nodes)


def examples(registry):
    """The upstreams that the documentation shows for a registry."""
    text = (DOCS / "discovery.md").read_text().split(f"## {registry}\n")[1].split("\n## ")[0]
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.S)]


def set_up(registry, address, here):
    """What `docs/dubbo.md` shows for a registry: the lines of the configuration file, with `here` for `address`, and the route."""
    text = (DOCS / "dubbo.md").read_text().split(f"\n{registry}:\n")[1]
    (lines,), (route,) = (re.findall(rf"```{kind}\n(.*?)```", text, re.S)[:1] for kind in ("yaml", "json"))
    assert address in lines, lines
    return lines.replace(address, here), json.loads(route)


def consumer(gateway, registry, shown, version):
    """A consumer of Dubbo2 reaches a provider that it knows nothing of by the documentation's route, which is the provider's but for the names."""
    service = f"peer.dubbo.api.OrderService:{version}:g"
    route = json.loads(json.dumps(shown).replace("org.acme.Orders:1.0.0", service).replace("org.acme.Orders", "peer.dubbo.api.OrderService"))
    check(f"{registry}: the documentation's route", gateway.put("routes/orders", route), 201)
    command = ["bash", f"{peers}/dubbo-java/dubbo.sh", "call", "--url", f"dubbo://127.0.0.1:{gateway.dubbo}", "--service", "order", "--method", "upper",
               "--args", '[["a", "b"]]', "--version", version, "--group", "g"]
    lines = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.splitlines()
    told = [json.loads(line) for line in lines if line.startswith("{")]
    check(f"{registry}: a consumer of Dubbo2", [one.get("value", one) for one in told], [["A", "B"]])


def plain(gateway, registry, example, register, unregister, restart):
    """A service of plain HTTP nodes: `register(node)` and `unregister(node)` change the registry; `restart(False)` kills it and
    `restart(True)` starts it, empty."""
    a, b, c = Node("a"), Node("b"), Node("c")
    register(a)
    check(f"{registry}: the documentation's upstream", gateway.put("upstreams/web", example), 201)
    check(f"{registry}: a route", gateway.put("routes/web", {"uri": "/web", "upstream_id": "web"}), 201)
    check(f"{registry}: the first request has its answer", gateway.get("/web"), "a")
    register(b)
    wait(f"{registry}: a node that comes", lambda: gateway.spread("/web"), ["a", "b"])
    unregister(a)
    wait(f"{registry}: a node that goes", lambda: gateway.spread("/web"), ["b"])
    gateway.put("routes/none", {"uri": "/none", "upstream": {**example, "service_name": "nobody"}})
    check(f"{registry}: a service that nobody knows", gateway.get("/none"), 503)

    # op.02
    restart(False)
    wait(f"{registry}: its loss is seen", lambda: gateway.dump(registry)["status"]["connected"], False)
    check(f"{registry}: while it is down the last nodes serve", gateway.spread("/web"), ["b"])
    gateway.kill()
    gateway.start()
    check(f"{registry}: also a gateway that is started then", gateway.spread("/web"), ["b"])
    restart(True)
    wait(f"{registry}: the connection comes back", lambda: gateway.dump(registry)["status"]["connected"], True, 60)
    check(f"{registry}: one that has forgotten everything is not believed at once", gateway.spread("/web"), ["b"])
    register(c)
    wait(f"{registry}: what is registered afterwards is used", lambda: gateway.spread("/web"), ["c"])
    return c


def dubbo(gateway, registry, url, example, shown, mapped=lambda application: None):
    """A real provider, registered at each level and at both. `mapped` is called once an application is there that is to be in the mapping."""
    check(f"{registry}: the documentation's upstream of Dubbo", gateway.put("upstreams/shown", example), 201)
    for at, mode in enumerate(["all", "interface", "instance"]):
        dubbo_port, tri_port = ports(2)
        name = {"DUBBO_NAME": f"registries-{registry}", "DUBBO_PORT": str(dubbo_port), "TRI_PORT": str(tri_port)}
        version = f"1.{at}.0"
        started = script("dubbo-java/dubbo.sh", "start", "--registry", url, "--register-mode", mode, "--app", f"shop{at}",
                         "--group", "g", "--version", version, **name)
        check(f"{registry}: a provider, {mode}", started, 0)
        if mode != "interface":
            mapped(f"shop{at}")
        service = f"peer.dubbo.api.OrderService:{version}:g"
        for scheme, port in [("dubbo", dubbo_port), ("tri", tri_port)]:
            upstream = {"scheme": scheme, "type": "roundrobin", "discovery_type": registry, "service_name": service}
            gateway.put(f"upstreams/{scheme}{at}", upstream)
            wait(f"{registry}: {scheme}, {mode}", lambda: gateway.nodes(registry, f"{scheme}://{service}"), [str(port)])
            gateway.put(f"upstreams/{scheme}{at}", {**upstream, "service_name": "peer.dubbo.api.OrderService:9.0"})
            wait(f"{registry}: {scheme}, {mode}, another version", lambda: gateway.nodes(registry, f"{scheme}://peer.dubbo.api.OrderService:9.0"), [])
            gateway.put(f"upstreams/{scheme}{at}", upstream)
        if mode == "all":
            level = lambda: [n["metadata"].get("dubbo.metadata.revision") is not None for n in gateway.dump(registry)["services"][f"tri://{service}"]]
            wait(f"{registry}: the application level goes before", level, [True])
            overloads(gateway, registry, version)
            consumer(gateway, registry, shown, version)
        script("dubbo-java/dubbo.sh", "stop", **name)
        wait(f"{registry}: the provider has gone, {mode}", lambda: gateway.nodes(registry, f"dubbo://{service}"), [], 60)
    suites(gateway, registry, url, mapped)


SERVICES = ["peer.dubbo.api.GreeterService", "peer.dubbo.api.OrderService", "gwpeer.PbGreeter"]


def suites(gateway, registry, url, mapped):
    """The Java consumer's whole suite, in either protocol, with a provider that only the registry names."""
    dubbo_port, tri_port = ports(2)
    name = {"DUBBO_NAME": f"suites-{registry}", "DUBBO_PORT": str(dubbo_port), "TRI_PORT": str(tri_port)}
    started = script("dubbo-java/dubbo.sh", "start", "--registry", url, "--register-mode", "all", "--app", "suites", **name)
    check(f"{registry}: a provider for the suites", started, 0)
    mapped("suites")
    for scheme, port, at, least in [("dubbo", dubbo_port, gateway.dubbo, 104), ("tri", tri_port, gateway.proxy, 106)]:
        for n, service in enumerate(SERVICES if scheme == "tri" else SERVICES[:2]):
            upstream = {"scheme": scheme, "type": "roundrobin", "discovery_type": registry, "service_name": service}
            # Before the routes that are there already, which are for other versions.
            gateway.put(f"routes/suite{n}", {"uri": f"/{service}/*", "priority": 9, "upstream": upstream})
            wait(f"{registry}: {scheme}, {service}", lambda: gateway.nodes(registry, f"{scheme}://{service}"), [str(port)])
        command = ["bash", f"{peers}/dubbo-java/dubbo.sh", "suite", "--url", f"{scheme}://127.0.0.1:{at}"]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=open(work / "peers.log", "a"), text=True)
        cases = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        cases = [case for case in cases if "case" in case]
        check(f"{registry}: {scheme}, the Java suite: what failed", [case["case"] for case in cases if not case.get("pass")], [])
        check(f"{registry}: {scheme}, the Java suite: {least} cases", len(cases) >= least, True)
    script("dubbo-java/dubbo.sh", "stop", **name)


def with_zookeeper():
    port = registry_port()
    peer = lambda verb: script("registries/zookeeper.sh", verb, ZK_PORT=str(port))
    check("zookeeper: the server", peer("start"), 0)
    lines, by_page = set_up("ZooKeeper", "127.0.0.1:2181", f"127.0.0.1:{port}")
    one = Gateway("zookeeper", f"{lines}    session_timeout_ms: 3000\n")
    of_dubbo, of_web = examples("ZooKeeper")
    path = lambda node: f"/services/{of_web['service_name']}/{node.port}"
    shown = lambda node: json.dumps({"name": of_web["service_name"], "address": "127.0.0.1", "port": node.port, "payload": None})
    register = lambda node: zookeeper.Zk(port).put(path(node), shown(node))
    unregister = lambda node: zookeeper.Zk(port).rm(path(node))
    last = plain(one, "zookeeper", of_web, register, unregister, lambda up: peer("start" if up else "stop"))
    unregister(last)
    wait("zookeeper: without nodes", lambda: one.get("/web"), 503)
    dubbo(one, "zookeeper", f"zookeeper://127.0.0.1:{port}", of_dubbo, by_page)
    one.kill()
    peer("stop")


def overloads(gateway, registry, version):
    """Methods of the same name, by JSON, without a word about types: the registry describes them."""
    greeter = f"peer.dubbo.api.GreeterService:{version}:g"
    upstream = {"scheme": "dubbo", "type": "roundrobin", "discovery_type": registry, "service_name": greeter}
    bridge = {"dubbo-bridge": {"version": version, "group": "g"}}
    gateway.put("routes/greeter", {"uri": "/peer.dubbo.api.GreeterService/*", "plugins": bridge, "upstream": upstream})
    url = f"http://127.0.0.1:{gateway.proxy}/peer.dubbo.api.GreeterService/greet"
    greet = lambda *arguments: call("POST", url, json.dumps(arguments).encode())
    check(f"{registry}: methods of the same name", [greet("Ada"), greet("Ada", 2)], [(200, '"greet Ada"'), (200, '"greet Ada;greet Ada;"')])
    document = gateway.read(f"live/dubbo/openapi?service={greeter}")
    shown = document["paths"]["/peer.dubbo.api.GreeterService/greet"]["post"]["requestBody"]["content"]["application/json"]["schema"]["oneOf"]
    check(f"{registry}: an OpenAPI document", sorted(len(form["prefixItems"]) for form in shown), [1, 2])
    status, why = greet(1, 2, 3)
    check(f"{registry}: none of them", (status, "no method greet takes 3 arguments" in why), (400, True))


def map_in_nacos(port, application, seconds=5):
    """Has the mapping name an application. The provider publishes it, once for each of its protocols at the same moment, and at times
    Nacos' embedded storage loses both; then it is published from here."""
    url, interface = f"http://127.0.0.1:{port}/nacos/v1/cs/configs", "peer.dubbo.api.OrderService"
    end = time.monotonic() + seconds
    while True:
        status, text = call("GET", f"{url}?dataId={interface}&group=mapping")
        known = text.split(",") if status == 200 else []
        if application in known:
            return
        if time.monotonic() > end:
            break
        time.sleep(0.1)
    print(f"the provider's mapping is not in Nacos: {status} {text!r}", file=sys.stderr)
    form = urllib.parse.urlencode({"dataId": interface, "group": "mapping", "content": ",".join([*known, application])})
    check("nacos: the mapping is published", call("POST", url, form.encode()), (200, "true"))


def with_nacos():
    port = registry_port(-1000, 1000, 1001)
    peer = lambda verb: script("registries/nacos.sh", verb, NACOS_PORT=str(port))
    check("nacos: the server", peer("start"), 0)
    lines, by_page = set_up("Nacos", "127.0.0.1:8848", f"127.0.0.1:{port}")
    one = Gateway("nacos", lines)
    of_web, of_dubbo = examples("Nacos")
    url = lambda node: (f"http://127.0.0.1:{port}/nacos/v1/ns/instance?serviceName={of_web['service_name']}"
                        f"&ip=127.0.0.1&port={node.port}&weight=2&ephemeral=false")
    register = lambda node: call("POST", url(node))
    unregister = lambda node: call("DELETE", url(node))
    last = plain(one, "nacos", of_web, register, unregister, lambda up: peer("start" if up else "stop"))
    polled = Gateway("nacos-http", {"nacos": {"host": [f"http://127.0.0.1:{port}"], "grpc": False, "fetch_interval": 1}})
    polled.put("routes/web", {"uri": "/web", "upstream": of_web})
    got = polled.get("/web")
    check("nacos over HTTP: the first request has its answer", got if got == "c" else f"{got} {polled.dump('nacos')}", "c")
    d = Node("d")
    register(d)
    wait("nacos over HTTP: a node that comes", lambda: polled.spread("/web"), ["c", "d"])
    polled.kill()
    dubbo(one, "nacos", f"nacos://127.0.0.1:{port}", of_dubbo, by_page, lambda application: map_in_nacos(port, application))
    one.kill()
    peer("stop")


with_zookeeper()
with_nacos()
