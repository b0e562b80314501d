#!/usr/bin/env python3
"""What plugins cost a request: routes with plugins beside one without, on one gateway, rounds interleaved.

plugins.py GATEWAY [--rounds 51] [--requests 5000] [--nice -10] [--proxy-cpu 0] [--load-cpu 0] [--allow key-auth=0.4,jwt-auth=3,three=1.5]

Rounds are short, so that a busy neighbour spoils few of them. Prints the CPU time a request in microseconds, what it is more than on the route without plugins (the median of the differences of
neighbouring rounds, and the difference of the minima), and for the rows named by --allow whether the lesser of the two keeps to it.
The row `bare` is the route without plugins, asked with the same headers as each of the others in turn. Exit 1: a row does not.
"""
import argparse, base64, hashlib, hmac, json, os, shutil, signal, statistics as st, subprocess, sys
import http.client

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bench

SECRET = "a-secret-of-this-measurement-only"
# Three that need nothing outside, and change the request as well as the answer.
THREE = {
    "proxy-rewrite": {"headers": {"set": {"X-Bench": "1"}}},
    "response-rewrite": {"headers": {"set": {"X-Bench": "1"}}},
    "ip-restriction": {"whitelist": ["127.0.0.0/8", "10.0.0.0/8"]},
}


def token():
    text = lambda b: base64.urlsafe_b64encode(b).rstrip(b"=").decode()
    head = text(json.dumps({"alg": "HS256", "typ": "JWT"}).encode()) + "." + text(json.dumps({"key": "bench-jwt", "exp": 4102444800}).encode())
    return head + "." + text(hmac.new(SECRET.encode(), head.encode(), hashlib.sha256).digest())


ROWS = {
    "key-auth": ({"key-auth": {}}, ["apikey: bench-key"]),
    "jwt-auth": ({"jwt-auth": {}}, ["Authorization: " + token()]),
    "three": (THREE, []),
    "limit-count": ({"limit-count": {"count": 1000000000, "time_window": 3600, "rejected_code": 429, "key": "remote_addr", "policy": "local"}}, []),
}


def prepare(peer):
    c = http.client.HTTPConnection("127.0.0.1", peer.admin, timeout=30)
    peer.put(c, "/consumers", {"username": "bench_jwt", "plugins": {"jwt-auth": {"key": "bench-jwt", "secret": SECRET, "algorithm": "HS256"}}})
    peer.put(c, "/routes/bare", {"uri": "/bare", "priority": 1, "upstream_id": "1"})
    for name, (plugins, _) in ROWS.items():
        peer.put(c, f"/routes/{name}", {"uri": f"/{name}", "priority": 1, "upstream_id": "1", "plugins": plugins})


def measure(a, peer, path, headers):
    pids = bench.tree(peer.proc.pid)
    before = bench.cpu_ns(pids)[0]
    cmd = ["taskset", "-c", a.load_cpu, "h2load", "--h1", "-t1", "-c32", f"-n{a.requests}"]
    for h in headers:
        cmd += ["-H", h]
    out = subprocess.run(cmd + [f"http://127.0.0.1:{peer.h1}{path}"], capture_output=True, text=True, timeout=60).stdout
    after = bench.cpu_ns(pids)[0]
    if f"status codes: {a.requests} 2xx" not in out:
        raise SystemExit(f"{path}: {out}")
    return (after - before) / 1000 / a.requests


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("gateway"); p.add_argument("--rounds", type=int, default=51); p.add_argument("--requests", type=int, default=5000)
    p.add_argument("--nice", type=int, default=0); p.add_argument("--proxy-cpu", default="0"); p.add_argument("--load-cpu", default="0")
    p.add_argument("--base", type=int, default=20310); p.add_argument("--allow", default="key-auth=0.4,jwt-auth=3,three=1.5")
    a = p.parse_args()
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "gateway.sh")
    a.gateway_cmd, a.apisix_cmd, a.customs, a.admin_key, a.rate, a.idle_conns = f"bash {script} {os.path.abspath(a.gateway)} plain", None, {}, "a-key-for-this-measurement-only", 0, 0
    if a.nice:
        os.nice(a.nice)
    allowed = {k: float(v) for k, v in (pair.split("=") for pair in a.allow.split(",") if pair)}
    b = bench.Bench(a)
    try:
        peer = b.up_peers(["gateway"], "one")["gateway"]
        prepare(peer)
        rows = {name: [] for name in ROWS}
        for name, (_, headers) in ROWS.items():
            measure(a, peer, f"/{name}", headers)
        for _ in range(a.rounds):
            for name, (_, headers) in ROWS.items():
                rows[name].append((measure(a, peer, "/bare", headers), measure(a, peer, f"/{name}", headers)))
        failed = False
        for name, got in rows.items():
            diff, least = st.median(y - x for x, y in got), min(y for _, y in got) - min(x for x, _ in got)
            line = f"{name:12} {st.median(y for _, y in got):7.2f} us, bare {st.median(x for x, _ in got):7.2f}: {diff:+.2f} (minima {least:+.2f})"
            if name in allowed:
                ok = min(diff, least) <= allowed[name]
                failed |= not ok
                line += f", allowed {allowed[name]:+.1f}: {'kept' if ok else 'NOT KEPT'}"
            print(line)
        sys.exit(failed)
    finally:
        for proc in [*b.procs.values(), b.up]:
            try:
                os.killpg(proc.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        shutil.rmtree(b.tmp, ignore_errors=True)


if __name__ == "__main__":
    main()
