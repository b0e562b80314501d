#!/usr/bin/env python3
"""A client of another language: Python's http.client, urllib and plain sockets.

    client.py HOST:PORT

Prints a line a check, `ok …` or `FAILED …`; exit 1 if any failed.
"""

import hashlib
import http.client
import json
import os
import socket
import sys
import threading
import traceback
import urllib.error
import urllib.request

from upstream import FILE, LARGE

ADDRESS = sys.argv[1]
HOST, PORT = ADDRESS.rsplit(":", 1)
BODY = os.urandom(3_000_000)


def connect():
    return http.client.HTTPConnection(HOST, int(PORT), timeout=20)


def ask(connection, method, target, body=None, headers={}, **more):
    connection.request(method, target, body, headers, **more)
    answer = connection.getresponse()
    return answer, answer.read()


def one_connection_serves_every_method():
    connection = connect()
    connection.connect()
    socket_before = connection.sock
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] * 8:
        answer, body = ask(connection, method, "/echo?a=1", b"x" if method in ("POST", "PUT", "PATCH") else None)
        assert answer.status == 200, answer.status
        if method == "HEAD":
            assert body == b"" and int(answer.headers["Content-Length"]) > 50
        else:
            assert json.loads(body)["method"] == method
    assert connection.sock is socket_before, "the connection was not kept"


def answers_without_a_body_do_not_disturb_the_next_one():
    connection = connect()
    connection.connect()
    socket_before = connection.sock
    for target, headers, status in [("/status/204", {}, 204), ("/file", {"If-None-Match": '"v1"'}, 304)] * 3:
        answer, body = ask(connection, "GET", target, headers=headers)
        assert (answer.status, body) == (status, b"")
        answer, body = ask(connection, "GET", "/file")
        assert body == FILE
    assert connection.sock is socket_before


def a_chunked_upload_arrives_whole():
    pieces = (BODY[start:start + 65_537] for start in range(0, len(BODY), 65_537))
    answer, body = ask(connect(), "POST", "/echo", pieces, {"Transfer-Encoding": "chunked"}, encode_chunked=True)
    assert answer.status == 200, answer.status
    assert json.loads(body)["sha256"] == hashlib.sha256(BODY).hexdigest()


def an_upload_of_known_length_arrives_whole_and_keeps_it():
    _, body = ask(connect(), "PUT", "/echo", BODY)
    seen = json.loads(body)
    assert seen["sha256"] == hashlib.sha256(BODY).hexdigest()
    assert seen["fields"]["content-length"] == str(len(BODY))


def downloads_of_every_framing_arrive_whole():
    for target, want in [("/file", FILE), ("/chunked", FILE), ("/until-close", FILE), ("/large", LARGE)]:
        answer, body = ask(connect(), "GET", target)
        assert answer.status == 200 and body == want, target


def an_old_client_gets_bodies_it_can_read():
    for target in ["/file", "/chunked", "/until-close"]:
        connection = connect()
        connection._http_vsn, connection._http_vsn_str = 10, "HTTP/1.0"
        answer, body = ask(connection, "GET", target, headers={"Host": HOST})
        assert answer.status == 200 and answer.headers["Transfer-Encoding"] is None and body == FILE, target


def a_body_that_was_cut_is_seen_to_be_cut():
    for target in ["/short", "/short-chunks"]:
        try:
            ask(connect(), "GET", target)
        except (http.client.IncompleteRead, ConnectionResetError):
            continue
        raise AssertionError(f"{target} looked whole")


def the_thousandth_answer_says_that_it_is_the_last():
    connection = connect()
    for n in range(1, 1001):
        answer, _ = ask(connection, "GET", "/status/200")
        assert (answer.headers["Connection"] == "close") == (n == 1000), n


def hop_by_hop_fields_stay_on_their_connection():
    headers = {"Connection": "X-Own, Host, close", "X-Own": "1", "TE": "gzip", "Proxy-Connection": "x", "X-Stays": "2"}
    answer, body = ask(connect(), "GET", "/echo", headers=headers)
    fields = json.loads(body)["fields"]
    assert not {"x-own", "te", "proxy-connection", "connection"} & set(fields), fields
    assert fields["x-stays"] == "2" and fields["host"] == ADDRESS
    assert answer.headers["Connection"] == "close"


def urllib_follows_redirects_and_reads_errors():
    with urllib.request.urlopen(f"http://{ADDRESS}/redirect", timeout=20) as answer:
        assert json.load(answer)["target"] == "/echo?from=redirect"
    request = urllib.request.Request(f"http://{ADDRESS}/echo", headers={"Host": "nobody.test"})
    try:
        urllib.request.urlopen(request, timeout=20)
    except urllib.error.HTTPError as error:
        assert error.code == 404 and "error_msg" in json.load(error), error.code
    else:
        raise AssertionError("a host without a route was served")


def urllib_uses_it_as_a_proxy():
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": f"http://{ADDRESS}"}))
    with opener.open("http://peers.test/echo?by=proxy", timeout=20) as answer:
        seen = json.load(answer)
    assert (seen["target"], seen["fields"]["host"]) == ("/echo?by=proxy", "peers.test")


def pipelined_requests_are_answered_in_order():
    with socket.create_connection((HOST, int(PORT)), timeout=20) as connection:
        for n in range(30):
            connection.sendall(f"GET /echo?n={n} HTTP/1.1\r\nHost: {ADDRESS}\r\n\r\n".encode())
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    places = [received.find(b'"/echo?n=%d"' % n) for n in range(30)]
    assert -1 not in places and places == sorted(places), places


def many_clients_at_once_get_their_own_answers():
    failures = []

    def client(number):
        connection = connect()
        for n in range(50):
            _, body = ask(connection, "POST", f"/echo?c={number}&n={n}", b"x" * (number * 1000 + n))
            seen = json.loads(body)
            if (seen["target"], seen["length"]) != (f"/echo?c={number}&n={n}", number * 1000 + n):
                failures.append(seen)

    def guarded(number):
        try:
            client(number)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures[:3]


CHECKS = [
    one_connection_serves_every_method,
    answers_without_a_body_do_not_disturb_the_next_one,
    a_chunked_upload_arrives_whole,
    an_upload_of_known_length_arrives_whole_and_keeps_it,
    downloads_of_every_framing_arrive_whole,
    an_old_client_gets_bodies_it_can_read,
    a_body_that_was_cut_is_seen_to_be_cut,
    the_thousandth_answer_says_that_it_is_the_last,
    hop_by_hop_fields_stay_on_their_connection,
    urllib_follows_redirects_and_reads_errors,
    urllib_uses_it_as_a_proxy,
    pipelined_requests_are_answered_in_order,
    many_clients_at_once_get_their_own_answers,
]


def main():
    failed = 0
    for check in CHECKS:
        name = f"python: {check.__name__.replace('_', ' ')}"
        try:
            check()
            print(f"ok {name}", flush=True)
        except Exception as error:
            failed += 1
            print(f"FAILED {name}: {error!r}", flush=True)
            traceback.print_exc()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
