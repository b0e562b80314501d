"""A ZooKeeper client of as many calls as these checks need, standard library alone.

    zookeeper.py PORT ls PATH            the tree below, a path a line
    zookeeper.py PORT get PATH           the data
    zookeeper.py PORT put PATH DATA      makes it and its parents, or replaces its data
    zookeeper.py PORT rm PATH
"""
import socket
import struct
import sys
import time


class Zk:
    def __init__(self, port):
        for attempt in range(100):
            try:
                self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
                self.xid = 0
                self.send(struct.pack(">iqiqi", 0, 0, 10_000, 0, 16) + bytes(16))
                self.receive()
                return
            except (OSError, EOFError):
                # A server that has just started closes connections before it serves them.
                if attempt == 99:
                    raise
                time.sleep(0.1)

    def send(self, body):
        self.socket.sendall(struct.pack(">i", len(body)) + body)

    def receive(self):
        return self.exactly(struct.unpack(">i", self.exactly(4))[0])

    def exactly(self, count):
        got = b""
        while len(got) < count:
            piece = self.socket.recv(count - len(got))
            if not piece:
                raise EOFError("the server has closed the connection")
            got += piece
        return got

    def call(self, op, body):
        self.xid += 1
        self.send(struct.pack(">ii", self.xid, op) + body)
        answer = self.receive()
        return struct.unpack(">i", answer[12:16])[0], answer[16:]

    def children(self, path):
        error, body = self.call(8, text(path) + b"\0")
        names, at = [], 4
        for _ in range(struct.unpack(">i", body[:4])[0] if not error else 0):
            size = struct.unpack(">i", body[at : at + 4])[0]
            names.append(body[at + 4 : at + 4 + size].decode())
            at += 4 + size
        return sorted(names)

    def get(self, path):
        error, body = self.call(4, text(path) + b"\0")
        if error:
            return None
        size = struct.unpack(">i", body[:4])[0]
        return body[4 : 4 + max(size, 0)]

    def put(self, path, data):
        parent = path.rpartition("/")[0]
        if parent and self.get(parent) is None:
            self.put(parent, b"")
        error, _ = self.call(1, text(path) + text(data) + struct.pack(">ii", 1, 31) + text("world") + text("anyone") + struct.pack(">i", 0))
        if error == -110:
            error, _ = self.call(5, text(path) + text(data) + struct.pack(">i", -1))
        if error:
            raise OSError(f"{path}: error {error}")

    def rm(self, path):
        self.call(2, text(path) + struct.pack(">i", -1))

    def tree(self, path):
        yield path
        for name in self.children(path):
            yield from self.tree(path.rstrip("/") + "/" + name)


def text(of):
    of = of.encode() if isinstance(of, str) else of
    return struct.pack(">i", len(of)) + of


if __name__ == "__main__":
    port, verb, path, *rest = sys.argv[1:]
    zk = Zk(int(port))
    if verb == "ls":
        print("\n".join(zk.tree(path)))
    elif verb == "get":
        sys.stdout.buffer.write(zk.get(path) or b"")
    elif verb == "put":
        zk.put(path, rest[0])
    else:
        zk.rm(path)
