#!/usr/bin/env python3
"""Counters on real Redis servers: one, TLS, a password, a cluster, sentinels with a failover in the middle.

    redis.py GATEWAY_BINARY [WORD…]

With words only the checks that have one in their name are made.
Needs redis-server and openssl. Starts everything itself on free ports, prints a line a check, `ok …` or `FAILED …`; exit 1 if any
failed.
"""

import http.client
import http.server
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.request

GATEWAY = sys.argv[1]
KEY = "a-key-for-these-checks-0123456789"
PATIENCE = 60
DIR = tempfile.mkdtemp()
PROCESSES = []
TAKEN = set()


def port(also=0):
    """A free port; `also`: the one that many above it too."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as held:
            found = held.getsockname()[1]
        # A cluster's node has a second port, 10,000 above.
        if found in TAKEN or found + also > 65535:
            continue
        if also:
            try:
                socket.create_server(("127.0.0.1", found + also)).close()
            except OSError:
                continue
        TAKEN.add(found)
        return found


def wait_for(what, condition):
    until = time.monotonic() + PATIENCE
    while True:
        try:
            done = condition()
        except OSError:
            done = None
        if done:
            return done
        if time.monotonic() > until:
            raise AssertionError(f"waited {PATIENCE} s for {what}")
        time.sleep(0.02)


def start(name, *command):
    log = open(f"{DIR}/{name}.log", "ab")
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=DIR)
    PROCESSES.append(process)
    return process


# Redis, spoken to by hand.


class Conversation:
    def __init__(self, at, password=None):
        self.socket = socket.create_connection(("127.0.0.1", at), timeout=10)
        self.file = self.socket.makefile("rb")
        if password:
            assert self("AUTH", password) == "OK"

    def __call__(self, *words):
        words = [str(w).encode() for w in words]
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
        return self.read()

    def read(self):
        line = self.file.readline().decode().rstrip("\r\n")
        if not line:
            raise OSError("closed")
        kind, rest = line[0], line[1:]
        if kind == "+":
            return rest
        if kind == "-":
            return OSError(rest)
        if kind == ":":
            return int(rest)
        if kind == "$":
            if int(rest) < 0:
                return None
            return self.file.read(int(rest) + 2)[:-2].decode()
        return None if int(rest) < 0 else [self.read() for _ in range(int(rest))]


def redis(at, *options, password=None):
    data = f"{DIR}/redis-{at}"
    os.mkdir(data)
    common = ["--bind", "127.0.0.1", "--port", str(at), "--dir", data, "--save", "", "--appendonly", "no"]
    process = start(f"redis-{at}", "redis-server", *common, *options)
    wait_for(f"Redis on {at}", lambda: Conversation(at, password)("PING") == "PONG")
    return process


def sentinel(at, master):
    data = f"{DIR}/sentinel-{at}"
    os.mkdir(data)
    with open(f"{data}/sentinel.conf", "w") as file:
        file.write(
            f"port {at}\nbind 127.0.0.1\ndir {data}\nsentinel monitor mymaster 127.0.0.1 {master} 2\n"
            "sentinel down-after-milliseconds mymaster 1000\nsentinel failover-timeout mymaster 4000\n"
        )
    start(f"sentinel-{at}", "redis-server", f"{data}/sentinel.conf", "--sentinel")
    wait_for(f"the sentinel on {at}", lambda: Conversation(at)("PING") == "PONG")


# The upstream and the gateways.


class Upstream(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    held = threading.Semaphore(0)
    release = threading.Event()

    def do_GET(self):
        if self.path.startswith("/held"):
            Upstream.held.release()
            Upstream.release.wait(PATIENCE)
        body = b"ok"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            pass

    def log_message(self, *_):
        pass


class Gateway:
    def __init__(self, name, trusted):
        self.proxy, self.admin, control, status, self.metrics, secure = (port() for _ in range(6))
        local = lambda at: {"ip": "127.0.0.1", "port": at}
        config = {
            "apisix": {
                "node_listen": [local(self.proxy)],
                "control": local(control),
                "status": local(status),
                "ssl": {"listen": [local(secure)], "ssl_trusted_certificate": trusted},
            },
            "nginx_config": {"worker_processes": 2},
            "gateway": {"data_dir": f"{DIR}/{name}"},
            "deployment": {"admin": {"admin_key": [{"name": "admin", "key": KEY, "role": "admin"}], "admin_listen": local(self.admin)}},
            "plugin_attr": {"prometheus": {"export_addr": local(self.metrics)}},
        }
        with open(f"{DIR}/{name}.json", "w") as file:
            json.dump(config, file)
        self.process = start(name, GATEWAY, "--config", f"{DIR}/{name}.json")
        ready = f"http://127.0.0.1:{status}/status/ready"
        wait_for(name, lambda: urllib.request.urlopen(ready, timeout=5).status == 200)

    def route(self, plugins, uri="/*"):
        body = {"uri": uri, "plugins": plugins, "upstream": {"nodes": {f"127.0.0.1:{ORIGIN}": 1}}}
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.admin}/apisix/admin/routes/1",
            json.dumps(body).encode(),
            {"X-API-KEY": KEY},
            method="PUT",
        )
        assert urllib.request.urlopen(request, timeout=20).status in (200, 201)

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.proxy, timeout=30)

    def get(self, path="/", headers={}):
        connection = self.connect()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.body = answer.read()
        connection.close()
        return answer

    def statuses(self, count, path="/", headers={}):
        return [self.get(path, headers).status for _ in range(count)]


def limit(**more):
    return {"limit-count": {"count": 4, "time_window": 3600, "rejected_code": 429, **more}}


def one(**more):
    return {"policy": "redis", "redis_host": "127.0.0.1", "redis_port": ONE, **more}


def counted_together(plugins, headers={}):
    """Two gateways with the same route let four of eight requests pass, whoever is asked."""
    for gateway in GATEWAYS:
        gateway.route(plugins)
    both = [status for _ in range(4) for gateway in GATEWAYS for status in gateway.statuses(1, headers=headers)]
    assert both == [200] * 4 + [429] * 4, both


# The checks.


def gateways_count_together():
    counted_together(limit(**one()))
    answer = GATEWAYS[0].get()
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    assert 3000 < float(answer.headers["X-RateLimit-Reset"]) <= 3600, answer.headers["X-RateLimit-Reset"]


def a_sliding_window_is_counted_together():
    counted_together(limit(window_type="sliding", **one()))
    keys = Conversation(ONE)("KEYS", "plugin-limit-count:/apisix/routes/1:*.counter")
    assert len(keys) == 1, keys


def a_group_has_the_names_that_apisix_gives():
    GATEWAYS[0].route(limit(group="a-group", **one()))
    talk = Conversation(ONE)
    # As if a node of APISIX had counted three.
    talk("SET", "plugin-limit-count:v1:a-group:127.0.0.1", 3, "EX", 100)
    answer = GATEWAYS[0].get()
    assert (answer.status, answer.headers["X-RateLimit-Remaining"]) == (200, "0")
    assert 90 < float(answer.headers["X-RateLimit-Reset"]) <= 100
    assert GATEWAYS[0].get().status == 429
    assert talk("GET", "plugin-limit-count:v1:a-group:127.0.0.1") == "5"


def what_is_told_later_is_told():
    GATEWAYS[0].route(limit(group="later", sync_interval=0.1, **one()))
    assert GATEWAYS[0].statuses(6) == [200] * 4 + [429] * 2
    talk = Conversation(ONE)
    wait_for("the report", lambda: talk("GET", "plugin-limit-count:v1:later:127.0.0.1") == "4")
    # What another has counted is learned with the next report.
    talk("SET", "plugin-limit-count:v1:later2:127.0.0.1", 4, "EX", 100)
    GATEWAYS[0].route(limit(group="later2", sync_interval=0.1, **one()))
    wait_for("the refusal", lambda: GATEWAYS[0].get().status == 429)


def scripts_that_were_forgotten_are_sent_again():
    GATEWAYS[0].route(limit(count=100, **one()))
    talk = Conversation(ONE)
    for _ in range(3):
        assert GATEWAYS[0].statuses(2) == [200, 200]
        talk("SCRIPT", "FLUSH")


def workers_have_a_connection_each():
    GATEWAYS[0].route(limit(count=100000, redis_database=7, **one()))
    asked = [threading.Thread(target=GATEWAYS[0].statuses, args=(20,)) for _ in range(10)]
    for thread in asked:
        thread.start()
    for thread in asked:
        thread.join()
    clients = Conversation(ONE)("CLIENT", "LIST").splitlines()
    ours = [c for c in clients if " db=7 " in c]
    assert 1 <= len(ours) <= 2, ours
    used = Conversation(ONE)
    used("SELECT", 7)
    assert [used("GET", key) for key in used("KEYS", "*")] == ["200"]


def a_bucket_is_filled_together():
    bucket = {"rate": 0.001, "burst": 3, "key": "remote_addr", "rejected_code": 429, "nodelay": True}
    counted_together({"limit-req": {**bucket, **one()}})
    keys = Conversation(ONE)("KEYS", "limit_req:/apisix/routes/1:*")
    assert len(keys) == 1 and Conversation(ONE)("TTL", keys[0]) > 0, keys


def places_are_held_together_and_given_back():
    conn = {"conn": 2, "burst": 0, "default_conn_delay": 0.1, "key": "remote_addr", "rejected_code": 429}
    for gateway in GATEWAYS:
        gateway.route({"limit-conn": {**conn, **one()}})
    asking = []
    for gateway in GATEWAYS:
        connection = gateway.connect()
        connection.request("GET", "/held")
        asking.append(connection)
        assert Upstream.held.acquire(timeout=PATIENCE)
    assert [gateway.get().status for gateway in GATEWAYS] == [429, 429]
    [key] = Conversation(ONE)("KEYS", "limit_conn:*")
    assert Conversation(ONE)("ZCARD", key) == 2
    # A client that is gone gives its place back, too. (One that only says no more waits for its answer.)
    asking[0].sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    asking[0].close()
    wait_for("a place", lambda: Conversation(ONE)("ZCARD", key) == 1)
    assert GATEWAYS[0].get().status == 200
    Upstream.release.set()
    assert asking[1].getresponse().read() == b"ok"
    wait_for("the other", lambda: Conversation(ONE)("ZCARD", key) == 0)


def users_and_passwords():
    talk = Conversation(ONE)
    talk("ACL", "SETUSER", "alice", "on", ">secret", "~*", "&*", "+@all")
    counted_together(limit(redis_username="alice", redis_password="secret", **one()))
    GATEWAYS[0].route(limit(redis_username="alice", redis_password="wrong", **one()))
    assert GATEWAYS[0].statuses(2) == [500, 500]


def tls():
    secure = lambda **more: one(redis_port=SECURE, redis_ssl=True, redis_password="pass", **more)
    certificate = {"redis_ssl_verify": True}
    plain = dict(secure())
    counted_together(limit(**plain))
    plain = dict(secure(**certificate, redis_database=1))
    counted_together(limit(**plain))
    # Another address than the certificate's.
    wrong = dict(secure(**certificate))
    wrong["redis_host"] = "127.0.0.2"
    GATEWAYS[0].route(limit(**wrong))
    assert GATEWAYS[0].get().status == 500
    wrong["redis_ssl_verify"] = False
    GATEWAYS[0].route(limit(**wrong))
    assert GATEWAYS[0].get().status == 200


def a_redis_that_dies_and_comes_back():
    at = port()
    server = redis(at)
    policy = dict(one(redis_port=at))
    GATEWAYS[0].route(limit(count=100000, **policy))
    assert GATEWAYS[0].statuses(4) == [200] * 4
    server.kill()
    server.wait()
    assert GATEWAYS[0].statuses(20) == [500] * 20
    shutil.rmtree(f"{DIR}/redis-{at}")
    redis(at)
    wait_for("the counter", lambda: all(status == 200 for status in GATEWAYS[0].statuses(8)))


def a_redis_that_is_silent_is_not_waited_for_by_each():
    at = port()
    server = redis(at)
    GATEWAYS[0].route(limit(count=100000, allow_degradation=True, redis_timeout=200, **dict(one(redis_port=at))))
    assert GATEWAYS[0].statuses(4) == [200] * 4
    calls = lambda: sum(int(l.split("calls=")[1].split(",")[0]) for l in Conversation(at)("INFO", "commandstats").splitlines() if "cmdstat_evalsha" in l)
    before = calls()
    server.send_signal(signal.SIGSTOP)
    assert GATEWAYS[0].statuses(200) == [200] * 200
    server.send_signal(signal.SIGCONT)
    # Each worker has tried once with a request; further tries are made behind them.
    assert calls() - before <= 6, calls() - before
    wait_for("the counter", lambda: all(a.headers["X-RateLimit-Limit"] for a in [GATEWAYS[0].get() for _ in range(8)]))


def a_cluster():
    nodes = [port(10000) for _ in range(3)]
    for at in nodes:
        redis(at, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000")
    talks = [Conversation(at) for at in nodes]
    for talk, (first, last) in zip(talks, [(0, 5460), (5461, 10922), (10923, 16383)]):
        assert talk("CLUSTER", "ADDSLOTSRANGE", first, last) == "OK"
    for at in nodes[1:]:
        assert talks[0]("CLUSTER", "MEET", "127.0.0.1", at) == "OK"
    wait_for("the cluster", lambda: all("cluster_state:ok" in talk("CLUSTER", "INFO") for talk in talks))
    policy = {
        "policy": "redis-cluster",
        "redis_cluster_nodes": [f"127.0.0.1:{port()}", f"127.0.0.1:{nodes[0]}"],
        "redis_cluster_name": "c",
        "redis_timeout": 2000,
    }
    for window in ("fixed", "sliding"):
        plugins = limit(key="http_user", window_type=window, **policy)
        for user in range(9):
            counted_together(plugins, {"user": f"{window}{user}"})
    sizes = [talk("DBSIZE") for talk in talks]
    assert all(sizes), sizes
    bucket = {"rate": 0.001, "burst": 3, "key": "remote_addr", "rejected_code": 429, "nodelay": True}
    counted_together({"limit-req": {**bucket, **policy}})
    conn = {"conn": 1, "burst": 0, "default_conn_delay": 0.1, "key": "remote_addr"}
    GATEWAYS[0].route({"limit-conn": {**conn, **policy}})
    wait_for("three in a row", lambda: GATEWAYS[0].statuses(3) == [200] * 3)
    # A slot moves to another node under way.
    GATEWAYS[0].route(limit(count=100, group="moves", **policy))
    assert GATEWAYS[0].get().headers["X-RateLimit-Remaining"] == "99"
    key = "plugin-limit-count:v1:moves:127.0.0.1"
    slot = talks[0]("CLUSTER", "KEYSLOT", key)
    [owner] = [n for n, talk in enumerate(talks) if not isinstance(talk("GET", key), OSError)]
    other = (owner + 1) % 3
    ids = [talk("CLUSTER", "MYID") for talk in talks]
    assert talks[other]("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[owner]) == "OK"
    assert talks[owner]("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[other]) == "OK"
    assert talks[owner]("MIGRATE", "127.0.0.1", nodes[other], key, 0, 5000) == "OK"
    assert GATEWAYS[0].get().headers["X-RateLimit-Remaining"] == "98", "ASK"
    for n in (other, owner):
        assert talks[n]("CLUSTER", "SETSLOT", slot, "NODE", ids[other]) == "OK"
    assert GATEWAYS[0].get().headers["X-RateLimit-Remaining"] == "97", "MOVED"


def sentinels_and_a_failover():
    master, replica = port(), port()
    serving = redis(master)
    redis(replica, "--replicaof", "127.0.0.1", str(master))
    sentinels = [port() for _ in range(3)]
    for at in sentinels:
        sentinel(at, master)
    talk = Conversation(sentinels[0])
    wait_for("the quorum", lambda: str(talk("SENTINEL", "CKQUORUM", "mymaster")).startswith("OK 3"))
    wait_for("the replica", lambda: "slaves=1," in talk("INFO", "sentinel"))
    wait_for("its link", lambda: "master_link_status:up" in Conversation(replica)("INFO", "replication"))
    policy = {
        "policy": "redis-sentinel",
        "redis_sentinels": [{"host": "127.0.0.1", "port": at} for at in sentinels],
        "redis_master_name": "mymaster",
    }
    counted_together(limit(**policy))
    GATEWAYS[0].route(limit(count=100000, **policy))
    GATEWAYS[1].route(limit(count=100000, allow_degradation=True, **policy))
    assert GATEWAYS[0].statuses(4) == [200] * 4
    serving.kill()
    serving.wait()
    seen = set()

    def over():
        assert GATEWAYS[1].get().status == 200, "it does not pass"
        seen.add(GATEWAYS[0].get().status)
        named = Conversation(sentinels[0])("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster")
        return named == ["127.0.0.1", str(replica)]

    wait_for("the failover", over)
    assert 500 in seen, seen
    wait_for("the new master", lambda: all(status == 200 for status in GATEWAYS[0].statuses(8)))
    assert "role:master" in Conversation(replica)("INFO", "replication")
    assert Conversation(replica)("DBSIZE") >= 1


def failures_are_told():
    metrics = urllib.request.urlopen(f"http://127.0.0.1:{GATEWAYS[0].metrics}/apisix/prometheus/metrics", timeout=20).read().decode()
    [line] = [l for l in metrics.splitlines() if l.startswith('apisix_gateway_redis_errors_total{plugin="limit-count"}')]
    assert float(line.split()[-1]) > 20, line


def certificates():
    """One that vouches, and one of the server."""
    new = ["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    sign = ["openssl", "x509", "-req", "-days", "2", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "san"]
    with open(f"{DIR}/san", "w") as file:
        file.write("subjectAltName=IP:127.0.0.1\n")
    for command in (
        [*new, "-x509", "-days", "2", "-subj", "/CN=ca", "-keyout", "ca.key", "-out", "ca.pem"],
        [*new, "-subj", "/CN=redis", "-keyout", "key.pem", "-out", "request.pem"],
        [*sign, "-in", "request.pem", "-out", "cert.pem"],
    ):
        subprocess.run(command, check=True, cwd=DIR, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


CHECKS = [
    gateways_count_together,
    a_sliding_window_is_counted_together,
    a_group_has_the_names_that_apisix_gives,
    what_is_told_later_is_told,
    scripts_that_were_forgotten_are_sent_again,
    workers_have_a_connection_each,
    a_bucket_is_filled_together,
    places_are_held_together_and_given_back,
    users_and_passwords,
    tls,
    a_redis_that_dies_and_comes_back,
    a_redis_that_is_silent_is_not_waited_for_by_each,
    a_cluster,
    sentinels_and_a_failover,
    failures_are_told,
]

failed = 0
try:
    certificates()
    origin = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    origin.daemon_threads = True
    ORIGIN = origin.server_address[1]
    threading.Thread(target=origin.serve_forever, daemon=True).start()
    ONE, SECURE = port(), port()
    redis(ONE)
    secured = ["--tls-cert-file", f"{DIR}/cert.pem", "--tls-key-file", f"{DIR}/key.pem", "--tls-auth-clients", "no"]
    redis(port(), "--bind", "127.0.0.1", "127.0.0.2", "--tls-port", str(SECURE), *secured, "--requirepass", "pass", password="pass")
    GATEWAYS = [Gateway(f"gateway-{n}", f"{DIR}/ca.pem") for n in (1, 2)]
    for check in CHECKS:
        name = check.__name__.replace("_", " ")
        if sys.argv[2:] and not any(word in name for word in sys.argv[2:]):
            continue
        try:
            Conversation(ONE)("FLUSHALL")
            check()
            print(f"ok redis: {name}", flush=True)
        except Exception:
            failed += 1
            traceback.print_exc()
            last = traceback.format_exc().strip().splitlines()
            print(f"FAILED redis: {name}: {last[-1]}", flush=True)
    for number, gateway in enumerate(GATEWAYS, 1):
        if gateway.process.poll() is not None:
            failed += 1
            print(f"FAILED redis: gateway {number}: it has ended", flush=True)
except Exception:
    failed += 1
    traceback.print_exc()
    print(f"FAILED redis: start: {traceback.format_exc().strip().splitlines()[-1]}", flush=True)
finally:
    for process in PROCESSES:
        process.terminate()
    if failed:
        # What they had to say is written by now.
        for process in PROCESSES:
            process.wait(PATIENCE)
        for name in sorted(os.listdir(DIR)):
            if name.endswith(".log"):
                sys.stderr.write(f"--- {name}\n" + open(f"{DIR}/{name}").read()[-5000:])
    for process in PROCESSES:
        process.kill()
    for process in PROCESSES:
        process.wait()
    shutil.rmtree(DIR, ignore_errors=True)
sys.exit(1 if failed else 0)
