#!/usr/bin/env python3
"""What the terminal UI costs, and how quick it is, on a pseudo-terminal of 120 columns and 40 rows.

ui.py [--gateway target/release/gateway] [--gatewayctl target/release/gatewayctl] [--seconds 20] [--port 24700] [--check]
Starts the gateway, makes routes by the Admin API and measures: the processor time of the UI that nobody touches, numbers once a
second, with 1,000 routes, on each of some screens; frames a second while `j` is held down in a list of 10,000 routes; the time
from a key to the end of its frame there, one key after the other; and the resident memory after an hour of numbers for 1,000
routes of which 500 are told (a recording that is shown at once). A frame ends with the end of a synchronised update.
--check: exit 1 where a target of docs/tui.md is missed.
"""
import argparse, fcntl, json, os, pty, re, select, signal, socket, struct, subprocess, sys, tempfile, termios, threading, time

KEY = "a-key-for-this-measurement-only"
FRAME = b"\x1b[?2026l"


class Admin:
    """A connection to the Admin API."""

    def __init__(self, port):
        self.s = socket.create_connection(("127.0.0.1", port))
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.f = self.s.makefile("rb")

    def put(self, path, value):
        body = json.dumps(value)
        self.s.sendall(f"PUT /apisix/admin{path} HTTP/1.1\r\nHost: localhost\r\nX-API-KEY: {KEY}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        status = int(self.f.readline().split()[1])
        length = 0
        while (line := self.f.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        answer = self.f.read(length)
        if status not in (200, 201):
            sys.exit(f"PUT {path}: {status} {answer.decode()}")


class Screen:
    """The UI on a terminal."""

    def __init__(self, a, arguments, columns=120, rows=40, more={}):
        pid, self.fd = pty.fork()
        if pid == 0:
            env = {"HOME": a.home, "PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8", "GATEWAYCTL_KEY": KEY,
                   "GATEWAYCTL_SERVER": f"http://127.0.0.1:{a.port + 3}", "GATEWAYCTL_METRICS": f"http://127.0.0.1:{a.port + 4}/apisix/prometheus/metrics", **more}
            os.execve(a.gatewayctl, [a.gatewayctl, "ui", *arguments], env)
        self.pid = pid
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.seen = b""

    def read(self, timeout):
        """What comes within so many seconds; empty at the end."""
        if not select.select([self.fd], [], [], timeout)[0]:
            return b""
        try:
            piece = os.read(self.fd, 1 << 20)
        except OSError:
            return b""
        self.seen = (self.seen + piece)[-200_000:]
        return piece

    def until(self, pattern, seconds=60):
        """Waits until something without spaces is shown: everything is drawn again and again, for a frame is only what has changed."""
        end = time.time() + seconds
        while not re.search(pattern, self.seen):
            if time.time() > end:
                sys.exit(f"{pattern} was not shown:\n{self.seen[-3000:].decode(errors='replace')}")
            self.seen = b""
            self.type("\x0c")
            until = time.time() + 0.5
            while time.time() < until and not re.search(pattern, self.seen):
                self.read(0.1)

    def frames(self, seconds):
        """Frames within so many seconds."""
        end, count, tail = time.time() + seconds, 0, b""
        while (left := end - time.time()) > 0:
            piece = tail + self.read(left)
            count += piece.count(FRAME)
            tail = piece[-len(FRAME) + 1:] if piece else b""
        return count

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def cpu(self):
        """Seconds of the processor so far."""
        # The parts of a second that the scheduler knows, of all threads that live.
        tasks = f"/proc/{self.pid}/task"
        return sum(int(open(f"{tasks}/{t}/schedstat").read().split()[0]) for t in os.listdir(tasks)) / 1e9

    def memory(self, name="VmRSS"):
        """MiB."""
        line = next(l for l in open(f"/proc/{self.pid}/status") if l.startswith(name + ":"))
        return int(line.split()[1]) / 1024

    def quit(self):
        os.kill(self.pid, signal.SIGTERM)
        end = time.time() + 10
        while time.time() < end and os.waitpid(self.pid, os.WNOHANG)[0] == 0:
            self.read(0.05)
        os.close(self.fd)


def gateway(a, folder):
    local = lambda n: {"ip": "127.0.0.1", "port": a.port + n}
    conf = {"apisix": {"node_listen": [local(0)], "control": local(1), "status": local(2)}, "nginx_config": {"worker_processes": 1},
            "gateway": {"data_dir": f"{folder}/data"}, "plugin_attr": {"prometheus": {"export_addr": local(4)}},
            "deployment": {"admin": {"admin_key": [{"name": "admin", "key": KEY, "role": "admin"}], "admin_listen": local(3)}}}
    with open(f"{folder}/config.json", "w") as f:
        json.dump(conf, f)
    process = subprocess.Popen([a.gateway, "--config", f"{folder}/config.json"], stdout=subprocess.DEVNULL, stderr=open(f"{folder}/log", "w"))
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", a.port)).close()
            return process
        except OSError:
            time.sleep(0.05)
    sys.exit(open(f"{folder}/log").read())


def routes(a, first, last):
    """Makes routes, over some connections at once."""
    def some(offset, step):
        admin = Admin(a.port + 3)
        for n in range(first + offset, last, step):
            admin.put(f"/routes/route-{n:05}", {"name": f"name of {n:05}", "uri": f"/service/{n:05}/*", "methods": ["GET", "POST"], "host": "shop.example",
                                                "upstream_id": "backend", "plugins": {"limit-count": {"count": 1000, "time_window": 60}}})
    threads = [threading.Thread(target=some, args=(n, 16)) for n in range(16)]
    [t.start() for t in threads]
    [t.join() for t in threads]


def idle(a):
    found = {}
    for name, shown in [("overview", rb"Requests/s"), ("routes", rb"route-00003"), ("traffic", rb"traffic"), ("events", rb"created")]:
        screen = Screen(a, ["--screen", name])
        screen.until(shown)
        screen.frames(3)
        before, began = screen.cpu(), time.time()
        screen.frames(a.seconds)
        found[name] = 100 * (screen.cpu() - before) / (time.time() - began)
        screen.quit()
    return found


def scrolled(a):
    screen = Screen(a, ["--screen", "routes"])
    screen.until(rb"\(10000\)")
    screen.until(rb"route-00003")
    screen.frames(2)
    # Held down: somewhat more keys than frames are wanted.
    over = threading.Event()

    def held():
        while not over.is_set():
            screen.type("j")
            time.sleep(0.004)

    thread = threading.Thread(target=held)
    thread.start()
    screen.frames(0.5)
    before, began = screen.cpu(), time.time()
    frames = screen.frames(5)
    took = time.time() - began
    busy = 100 * (screen.cpu() - before) / took
    over.set()
    thread.join()
    screen.frames(1)
    took_ms = []
    for n in range(400):
        while screen.read(0):
            pass
        began = time.perf_counter()
        screen.type("j" if n % 2 == 0 else "k")
        piece = b""
        while FRAME not in piece:
            piece += screen.read(1)
        took_ms.append(1000 * (time.perf_counter() - began))
        time.sleep(0.037)
    took_ms.sort()
    memory = screen.memory()
    screen.quit()
    return frames / took if took else 0, busy, took_ms[len(took_ms) // 2], took_ms[int(len(took_ms) * 0.99)], memory


def hour(a, folder):
    """Shows a recording of an hour at once, and tells the memory behind it."""
    begin = 1_795_550_000_000
    with open(f"{folder}/hour.ndjson", "w") as f:
        told = lambda at, source, value: f.write(json.dumps({"at_ms": at, "source": source, "value": value}) + "\n")
        told(begin, "link", {"state": "up", "live": True})
        told(begin, "info", {"version": "0.3.0", "instance": "a", "uptime_s": 7, "config": {"revision": 7, "applied": 7}})
        told(begin, "list/routes", [{"id": f"route-{n:05}", "name": f"name of {n}", "uri": f"/service/{n}/*", "upstream_id": "backend", "modifiedIndex": n,
                                     "plugins": {"limit-count": {"count": 1000, "time_window": 60}}} for n in range(1000)])
        for second in range(3600):
            row = lambda n: {"id": f"route-{n:05}", "name": f"name of {n}", "rps": 800.5 - n, "err": 0.002, "p50": 1.1, "p99": 9.5, "tx_bps": 4e6}
            # Which routes are busiest changes.
            rows = [row((n + second // 60) % 1000) for n in range(500)]
            told(begin + 1000 * second, "stats", {
                "ts": begin / 1000 + second, "window_ms": 1000, "instance": "a", "cpu": 0.4, "rss": 5e7, "conn": {"active": 120, "by_protocol": {"http1": 100, "h2": 20}},
                "req": {"rps": 1234.5, "codes": {"2xx": 1200, "4xx": 25, "5xx": 5}, "latency_ms": {"p50": 1.1, "p95": 6, "p99": 22.4, "max": 140},
                        "hist": {"le_ms": [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000], "n": [900, 200, 90, 20, 10, 5, 3, 2, 1, 1, 0]}},
                "by": {"route": rows, "protocol": [{"id": "http1", "rps": 900}], "upstream": [{"id": "backend", "rps": 1234}]}})
    screen = Screen(a, ["--replay", f"{folder}/hour.ndjson", "--screen", "overview"], more={"GATEWAYCTL_REPLAY_SPEED": "0"})
    screen.until(rb"Requests/s", 300)
    screen.type("++")
    # The last second of the recording, and what comes behind it.
    screen.until(rb" ?20:5[3-9]:", 300)
    screen.frames(2)
    memory = screen.memory()
    screen.quit()
    return memory


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--gateway", default="target/release/gateway")
    p.add_argument("--gatewayctl", default="target/release/gatewayctl")
    p.add_argument("--seconds", type=float, default=20)
    p.add_argument("--port", type=int, default=24700)
    p.add_argument("--check", action="store_true")
    a = p.parse_args()
    missed = []

    def told(what, value, unit, target, good):
        print(f"{what:58} {value:8.2f} {unit:10} target {target}{'' if good else '  MISSED'}", flush=True)
        if not good:
            missed.append(what)

    with tempfile.TemporaryDirectory() as folder:
        a.home = folder
        process = gateway(a, folder)
        try:
            Admin(a.port + 3).put("/upstreams/backend", {"type": "roundrobin", "nodes": {"127.0.0.1:1": 1}})
            routes(a, 0, 1000)
            for name, share in idle(a).items():
                told(f"idle, 1,000 routes, numbers once a second: {name}", share, "% of a core", "< 1", share < 1)
            routes(a, 1000, 10_000)
            rate, busy, median, worst, memory = scrolled(a)
            told("j held down in 10,000 routes", rate, "frames/s", ">= 60", rate >= 60)
            print(f"{'  processor meanwhile':58} {busy:8.2f} % of a core")
            told("a key to its frame in 10,000 routes, median", median, "ms", "< 30", median < 30)
            told("a key to its frame in 10,000 routes, 99th percentile", worst, "ms", "< 30", worst < 30)
            print(f"{'memory with 10,000 routes':58} {memory:8.2f} MiB")
        finally:
            process.terminate()
            process.wait()
        memory = hour(a, folder)
        told("memory after an hour of 500 of 1,000 routes", memory, "MiB", "< 50", memory < 50)
    sys.exit(1 if missed and a.check else 0)


if __name__ == "__main__":
    main()
