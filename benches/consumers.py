#!/usr/bin/env python3
"""Very many consumers: what one costs in memory, and how long a write takes beside them.

consumers.py GATEWAY [--count 1000000] [--port 24500] [--dir FOLDER] [--load-dir FOLDER]
Starts the gateway, creates so many consumers with a key each through the Admin API (32 connections), then writes 10,000 of
them again one after the other, and starts it again on what is stored. The time of a bare fsync of the same disk stands beside,
since every write waits for one. --load-dir: where the consumers are created, a file system in memory for instance; what is stored is
moved to --dir before it is measured. Lookups: `cargo run --release -p gateway-engine --example consumers`.
"""
import argparse, json, os, random, shutil, socket, subprocess, sys, tempfile, threading, time

KEY = "a-key-for-this-measurement-only"


class Admin:
    """A connection to the Admin API."""

    def __init__(self, port):
        self.s = socket.create_connection(("127.0.0.1", port))
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.left = b""

    def put(self, n):
        name = f"consumer_{n}"
        body = json.dumps({"username": name, "plugins": {"key-auth": {"key": f"key-of-consumer-{n:08}"}}})
        self.s.sendall(f"PUT /apisix/admin/consumers/{name} HTTP/1.1\r\nHost: localhost\r\nX-API-KEY: {KEY}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        return self.answer()

    def answer(self):
        while b"\r\n\r\n" not in self.left:
            self.more()
        head, self.left = self.left.split(b"\r\n\r\n", 1)
        length = int(next(l.split(b":")[1] for l in head.lower().split(b"\r\n") if l.startswith(b"content-length:")))
        while len(self.left) < length:
            self.more()
        status, self.left = int(head.split()[1]), self.left[length:]
        if status not in (200, 201):
            sys.exit(f"the Admin API answered {head.decode()}")

    def more(self):
        piece = self.s.recv(65536)
        if not piece:
            sys.exit("the Admin API closed the connection")
        self.left += piece


def start(a, folder):
    conf = {"apisix": {"node_listen": [{"ip": "127.0.0.1", "port": a.port}], "control": {"ip": "127.0.0.1", "port": a.port + 1},
                       "status": {"ip": "127.0.0.1", "port": a.port + 2}},
            "nginx_config": {"worker_processes": 1}, "gateway": {"data_dir": f"{folder}/data"},
            "plugin_attr": {"prometheus": {"export_addr": {"ip": "127.0.0.1", "port": a.port + 4}}},
            "deployment": {"admin": {"admin_key": [{"name": "admin", "key": KEY, "role": "admin"}],
                                     "admin_listen": {"ip": "127.0.0.1", "port": a.port + 3}}}}
    with open(f"{folder}/config.json", "w") as f:
        json.dump(conf, f)
    began = time.time()
    p = subprocess.Popen([a.gateway, "--config", f"{folder}/config.json"], stdout=subprocess.DEVNULL, stderr=open(f"{folder}/log", "a"))
    while True:
        try:
            socket.create_connection(("127.0.0.1", a.port)).close()
            return p, time.time() - began
        except OSError:
            if p.poll() is not None:
                sys.exit(open(f"{folder}/log").read()[-2000:])
            time.sleep(0.01)


def resident(p):
    return next(int(l.split()[1]) for l in open(f"/proc/{p.pid}/status") if l.startswith("VmRSS:")) * 1024


def spread(times):
    times = sorted(times)
    return "median %.2f ms, p99 %.2f ms, most %.2f ms" % tuple(1000 * t for t in (times[len(times) // 2], times[len(times) * 99 // 100], times[-1]))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("gateway"); ap.add_argument("--count", type=int, default=1_000_000)
    ap.add_argument("--port", type=int, default=24500); ap.add_argument("--dir"); ap.add_argument("--load-dir")
    a = ap.parse_args()
    folder = tempfile.mkdtemp(dir=a.load_dir or a.dir)
    p, _ = start(a, folder)
    try:
        bare = resident(p)
        numbers, began = iter(range(a.count)), time.time()
        lock, waits = threading.Lock(), []

        def load():
            admin = Admin(a.port + 3)
            while True:
                with lock:
                    n = next(numbers, None)
                if n is None:
                    return
                t = time.perf_counter()
                admin.put(n)
                waits.append(time.perf_counter() - t)

        threads = [threading.Thread(target=load) for _ in range(32)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        took = time.time() - began
        print(f"{a.count} consumers in {took:.0f} s ({a.count / took:.0f} a second; {spread(waits)}), {(resident(p) - bare) / a.count:.0f} bytes each", flush=True)
        if a.load_dir:
            p.terminate(); p.wait()
            kept = tempfile.mkdtemp(dir=a.dir)
            shutil.copytree(folder, kept, dirs_exist_ok=True)
            shutil.rmtree(folder)
            folder = kept
            p, took = start(a, folder)
            print(f"started on another disk in {took:.1f} s", flush=True)
        admin, times, random_n = Admin(a.port + 3), [], random.Random(1)
        for _ in range(10_000):
            n, t = random_n.randrange(a.count), time.perf_counter()
            admin.put(n)
            times.append(time.perf_counter() - t)
        print("a write:", spread(times), flush=True)
        times = []
        with open(f"{folder}/fsync", "wb") as f:
            for _ in range(2000):
                f.write(b"x" * 4096); f.flush()
                t = time.perf_counter()
                os.fsync(f.fileno())
                times.append(time.perf_counter() - t)
        print("a bare fsync of this disk:", spread(times), flush=True)
        p.terminate(); p.wait()
        p, took = start(a, folder)
        print(f"started again in {took:.1f} s, {(resident(p) - bare) / a.count:.0f} bytes each")
    finally:
        p.terminate(); p.wait()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
