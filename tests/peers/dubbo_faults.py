#!/usr/bin/env python3
"""Providers, consumers and gateways that go away under 1,000 calls a second, with real Java providers.

    dubbo_faults.py GATEWAY DUBBO_SH        the gateway's binary, and the script that starts and stops Java's peers

A provider is killed and comes back, another leaves in order, a consumer is killed and connects again, the gateway is taken over and
is ended beside another one. Prints `ok NAME: figures` or `FAILED NAME: why`, a line each.
"""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from told import admin_api, checks

gateway, script = sys.argv[1:]
ROOT = pathlib.Path(__file__).resolve().parents[2]
KEY = "a-key-for-these-checks-0123456789"
GREETER = "peer.dubbo.api.GreeterService"
RATE = 1000
folder = pathlib.Path(tempfile.mkdtemp(prefix="dubbo-faults-"))
left = []


def check(name, good, figures):
    checks("Dubbo2, faults")(f"{name}: {figures}", good, True)


def free_ports(count):
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return ports


class Gateway:
    """One with a Dubbo listener."""

    def __init__(self, name):
        self.http, self.admin, self.dubbo = free_ports(3)
        local = lambda port: {"ip": "127.0.0.1", "port": port}
        self.config = folder / f"{name}.json"
        self.config.write_text(json.dumps({
            "apisix": {"node_listen": [local(self.http)], "enable_control": False, "status": False},
            "gateway": {"data_dir": str(folder / name), "dubbo": {"listen": [local(self.dubbo)]}},
            "deployment": {"admin": {"admin_key": [{"name": "admin", "key": KEY, "role": "admin"}], "admin_listen": local(self.admin)}},
            "plugin_attr": {"prometheus": {"enable_export_server": False}},
        }))
        self.process = self.start()

    def start(self, *options):
        log = open(folder / f"{self.config.stem}.log", "a")
        process = subprocess.Popen([gateway, "--config", str(self.config), *options], stdout=log, stderr=log)
        left.append(process)
        wait(self.answers)
        return process

    def answers(self):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/", timeout=20).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def route(self, *ports):
        nodes = {f"127.0.0.1:{port}": 1 for port in ports}
        put = admin_api(self.admin, KEY)
        put("routes/1", {"uri": "/*", "upstream": {"scheme": "dubbo", "retries": 1, "nodes": nodes}})


class Provider:
    """A Java provider that runs until it is stopped."""

    def __init__(self, name):
        self.name = name
        self.port, = free_ports(1)
        self.start()

    def script(self, *words):
        env = dict(os.environ, DUBBO_NAME=self.name, DUBBO_PORT=str(self.port), TRI_PORT="0")
        return subprocess.run(["bash", script, *words], env=env, capture_output=True, text=True)

    def start(self):
        ran = self.script("start")
        assert ran.returncode == 0, ran.stderr[-300:]

    def pid(self):
        run = pathlib.Path(os.environ.get("PEERS_RUN") or pathlib.Path(tempfile.gettempdir()) / "gw-peers")
        return int((run / "pid" / f"dubbo-{self.name}").read_text())

    def serves(self):
        """Connections that it has."""
        rows = [row.split() for row in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
        rows += [row.split() for row in pathlib.Path("/proc/net/tcp6").read_text().splitlines()[1:]]
        return sum(int(row[1].split(":")[1], 16) == self.port and row[3] == "01" for row in rows)


def wait(of, seconds=60):
    end = time.monotonic() + seconds
    while not of():
        assert time.monotonic() < end, "nothing came of it"
        time.sleep(0.02)


class Load:
    """So many calls a second for a time, each answer looked at."""

    def __init__(self, port, seconds):
        self.process = subprocess.Popen(
            [str(folder / "dubbo_load"), "-p", str(port), "-c", "8", "-n", "32", "-t", str(seconds), "-r", str(RATE), "-i", GREETER,
             "-m", "sayHello", "-x", "hello "], stdout=subprocess.PIPE, text=True)
        left.append(self.process)

    def end(self):
        out, _ = self.process.communicate(timeout=120)
        return json.loads(out.splitlines()[-1])


def java_load(ports, count, *options):
    url = ";".join(f"dubbo://127.0.0.1:{port}" for port in ports)
    command = ["bash", script, "load", "--url", url, "--method", "sayHello", "--args", '["w"]', "--count", str(count), "--warmup", "100",
               "--concurrency", "4", "--retries", "2", "--timeout", "10000", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True)
    left.append(process)
    return process


def java_end(process):
    out, _ = process.communicate(timeout=180)
    return json.loads([line for line in out.splitlines() if line.startswith("{")][-1])


def shown(load):
    return f"{load['requests']} calls, {load['errors']} failed, statuses {load['statuses']}, {load['by']}"


def provider_killed(one, first, second):
    load = Load(one.dubbo, 14)
    time.sleep(3)
    os.kill(first.pid(), signal.SIGKILL)
    time.sleep(2)
    first.start()
    seen = load.end()
    # Those that it had, a moment's worth at most, each with an answer that says so; nothing is lost or answered wrongly. 50 is what Java's
    # provider itself may say at its start: it could not write its answer.
    good = seen["errors"] <= RATE // 5 and set(seen["by"]) <= {"status"} and set(seen["statuses"]) <= {"20", "35", "50"}
    check("a provider is killed", good, shown(seen))
    load = Load(one.dubbo, 5)
    time.sleep(4)
    there = first.serves()
    seen = load.end()
    check("it comes back", seen["errors"] == 0 and there > 0 and second.serves() > 0, f"{shown(seen)}, connections to it {there}")


def provider_leaves(one, first):
    load = Load(one.dubbo, 16)
    time.sleep(3)
    os.kill(first.pid(), signal.SIGTERM)
    time.sleep(5)
    first.script("stop")
    first.start()
    seen = load.end()
    check("a provider leaves in order and comes back", seen["errors"] == 0, shown(seen))


def consumer_killed(one):
    load = Load(one.dubbo, 12)
    java = java_load([one.dubbo], 1_000_000)
    time.sleep(5)
    os.killpg(java.pid, signal.SIGKILL)
    java.wait()
    again = java_end(java_load([one.dubbo], 2000))
    seen = load.end()
    check("a consumer is killed and connects again", seen["errors"] == 0 and again["failed"] == 0,
          f"{shown(seen)}; its {again['calls']} calls after that: {again['failed']} failed")


# Java's consumer asks an address that has closed a connection, or was said to leave, only a second or more later: it needs another one.
def gateway_taken_over(one, other):
    java = java_load([one.dubbo, other.dubbo], 30_000)
    time.sleep(4)
    old = one.process
    one.process = one.start("--takeover")
    code = old.wait(timeout=60)
    seen = java_end(java)
    check("one of two gateways is taken over", seen["failed"] == 0 and code == 0,
          f"{seen['calls']} calls at {seen['callsPerSecond']}/s, {seen['failed']} failed {seen['failures']}")


def gateway_ends(one, other):
    java = java_load([one.dubbo, other.dubbo], 40_000)
    time.sleep(4)
    one.process.send_signal(signal.SIGTERM)
    code = one.process.wait(timeout=60)
    one.process = one.start()
    seen = java_end(java)
    check("one of two gateways ends and comes back", seen["failed"] == 0 and code == 0,
          f"{seen['calls']} calls at {seen['callsPerSecond']}/s, {seen['failed']} failed {seen['failures']}")


def main():
    subprocess.run(["cc", "-O2", "-o", str(folder / "dubbo_load"), str(ROOT / "benches/tools/dubbo_load.c")], check=True)
    one, other = Gateway("one"), Gateway("other")
    first, second = Provider("faults-1"), Provider("faults-2")
    try:
        for gateway in one, other:
            gateway.route(first.port, second.port)
        provider_killed(one, first, second)
        provider_leaves(one, first)
        consumer_killed(one)
        gateway_taken_over(one, other)
        gateway_ends(one, other)
    finally:
        for provider in first, second:
            provider.script("stop")
        for process in left:
            if process.poll() is None:
                process.kill()


try:
    main()
except Exception as error:
    check("all of it", False, repr(error))
