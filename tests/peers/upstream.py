#!/usr/bin/env python3
"""An origin of another language behind the gateway: Python's own HTTP server.

    upstream.py PORT
"""

import gzip
import hashlib
import json
import socketserver
import sys
from http.server import BaseHTTPRequestHandler

FILE = bytes(n * n % 251 for n in range(300_000))
LARGE = bytes(range(256)) * 40_960


class Origin(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self, status=200, body=b"", fields=()):
        self.send_response(status)
        for name, value in fields:
            self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status not in (204, 304):
            self.wfile.write(body)

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        whole = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            whole += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return whole

    def serve(self):
        body = self.body()
        path = self.path.split("?")[0]
        if path == "/file":
            self.file()
        elif path == "/large":
            self.answer(body=LARGE)
        elif path == "/chunked":
            self.chunked(self.command != "HEAD")
        elif path == "/until-close":
            self.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n" + FILE)
            self.close_connection = True
        elif path == "/short":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this")
            self.close_connection = True
        elif path == "/short-chunks":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\n")
            self.close_connection = True
        elif path == "/gzip":
            self.answer(body=gzip.compress(FILE), fields=[("Content-Encoding", "gzip")])
        elif path == "/redirect":
            self.answer(302, fields=[("Location", "/echo?from=redirect")])
        elif path.startswith("/status/"):
            self.answer(int(path.rsplit("/", 1)[1]))
        else:
            seen = {
                "method": self.command, "target": self.path, "length": len(body),
                "sha256": hashlib.sha256(body).hexdigest(),
                "fields": {name.lower(): value for name, value in self.headers.items()},
            }
            self.answer(body=json.dumps(seen).encode(), fields=[("Content-Type", "application/json")])

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = serve

    def file(self):
        if self.headers.get("If-None-Match") == '"v1"':
            return self.answer(304, fields=[("ETag", '"v1"')])
        fields = [("ETag", '"v1"'), ("Accept-Ranges", "bytes")]
        asked = self.headers.get("Range", "")
        if not asked.startswith("bytes="):
            return self.answer(body=FILE, fields=fields)
        first, last = asked[6:].split("-")
        first, last = int(first), min(int(last or len(FILE)), len(FILE) - 1)
        fields.append(("Content-Range", f"bytes {first}-{last}/{len(FILE)}"))
        self.answer(206, FILE[first:last + 1], fields)

    def chunked(self, with_body):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Trailer", "X-Sum")
        self.end_headers()
        if not with_body:
            return
        for start in range(0, len(FILE), 7001):
            piece = FILE[start:start + 7001]
            self.wfile.write(b"%x;part=%d\r\n%b\r\n" % (len(piece), start, piece))
        self.wfile.write(b"0\r\nX-Sum: 42\r\n\r\n")

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    with Server(("127.0.0.1", int(sys.argv[1])), Origin) as server:
        server.serve_forever()
