"""A Dubbo2 provider that misbehaves (the peers' `dubbo_fake.py`), behind the gateway, and a good one beside it in the same gateway.

    dubbo_fake.py ADMIN KEY LISTEN FAKE_PY     ports, and the script of the provider

Prints `ok NAME` or `FAILED NAME: why`, a line each.
"""
import json
import socket
import struct
import subprocess
import sys
import threading
import time

from told import admin_api, checks

admin, key, listen, fake = sys.argv[1:]
put = admin_api(admin, key)
check = checks("Dubbo2, a provider that misbehaves")


def text(value):
    return bytes([len(value)]) + value.encode()


def call(path, method, number, **attachments):
    body = text("2.0.2") + text(path) + text("0.0.0") + text(method) + text("Ljava/lang/String;") + text("w") + b"H"
    body += b"".join(text(name) + text(value) for name, value in {"path": path, "interface": path, **attachments}.items()) + b"Z"
    return b"\xda\xbb\xc2\x00" + struct.pack(">qI", number, len(body)) + body


# So long an answer may take, in seconds, also where much else runs: calls have a timeout of one, and a consumer that gets none gives up later.
IN_TIME, GIVES_UP = 10, 30


class Consumer:
    def __init__(self):
        self.line = socket.create_connection(("127.0.0.1", int(listen)), timeout=GIVES_UP)
        self.number, self.came = 0, b""

    def ask(self, path, method, **attachments):
        """Status and body of the answer."""
        self.number += 1
        self.line.sendall(call(path, method, self.number, **attachments))
        while True:
            status, number, body = self.frame()
            if number == self.number:
                return status, body

    def frame(self):
        while len(self.came) < 16 or len(self.came) < 16 + struct.unpack(">I", self.came[12:16])[0]:
            more = self.line.recv(65536)
            if not more:
                raise EOFError("the gateway has closed the connection")
            self.came += more
        end = 16 + struct.unpack(">I", self.came[12:16])[0]
        frame, self.came = self.came[:end], self.came[end:]
        return frame[3], struct.unpack(">q", frame[4:12])[0], frame[16:]

    def more(self, seconds):
        """Whether anything else comes within this time."""
        self.line.settimeout(seconds)
        try:
            return bool(self.came or self.line.recv(1))
        except TimeoutError:
            return False
        finally:
            self.line.settimeout(GIVES_UP)


class Provider:
    def __init__(self, name):
        with socket.create_server(("127.0.0.1", 0)) as held:
            self.port = held.getsockname()[1]
        self.process = subprocess.Popen([sys.executable, fake, str(self.port), name], stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()
        self.calls = []
        threading.Thread(target=lambda: self.calls.extend(map(json.loads, self.process.stdout)), daemon=True).start()

    def upstream(self):
        return {"scheme": "dubbo", "type": "roundrobin", "nodes": {f"127.0.0.1:{self.port}": 1}}


class Beside:
    """A consumer that calls the good provider all the time."""

    def __init__(self):
        self.bad, self.count, self.slowest, self.ends = [], 0, 0.0, False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        consumer = Consumer()
        while not self.ends:
            began = time.monotonic()
            got = consumer.ask("acme.Good", "sayHello")
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.count += 1
            if got[0] != 20 or b"good w" not in got[1]:
                self.bad.append(got)
            time.sleep(0.005)

    def end(self):
        self.ends = True
        self.thread.join()
        check("calls of a good provider beside it", (self.bad, self.count > 50, self.slowest < IN_TIME), ([], True, True))


# What each method of the provider does to its caller: the status of the answer, and what it holds. `readonly` is last: it takes the connection.
CASES = [
    ("silent", 31, b""), ("late", 31, b""), ("close", 35, b""), ("half", 35, b""), ("wrongid", 31, b""), ("twice", 20, b"bad w"),
    ("garbage", 35, b""), ("huge", 35, b""), ("status40", 40, b"bad answers 40"), ("status70", 70, b"bad answers 70"),
    ("status80", 80, b"bad answers 80"), ("status100", 100, b"bad answers 100"), ("readonly", 20, b"bad w")]

bad, good = Provider("bad"), Provider("good")
try:
    put("routes/fake-bad", {"uri": "/acme.Bad/*", "upstream": bad.upstream()})
    put("routes/fake-good", {"uri": "/acme.Good/*", "upstream": good.upstream()})
    beside, consumer = Beside(), Consumer()
    for method, status, holds in CASES:
        began = time.monotonic()
        got, body = consumer.ask("acme.Bad", method, timeout="1000")
        in_time = time.monotonic() - began < IN_TIME
        # The connection goes on, and what the provider has spoilt is replaced.
        after = consumer.ask("acme.Bad", "sayHello")
        check(method, (got, holds in body, in_time, after[0], b"bad w" in after[1]), (status, True, True, 20, True))
    check("late and second answers find nobody", consumer.more(3.5), False)
    beside.end()
    once = {method: sum(seen["method"] == method for seen in bad.calls) for method, _, _ in CASES}
    check("no call is made twice", {method: count for method, count in once.items() if count != 1}, {})
finally:
    for one in (bad, good):
        one.process.kill()
        one.process.wait()
