#!/usr/bin/env python3
"""JSON over HTTP to the Java provider, method by method: what comes back is what the method returns."""
import http.client, json, sys

connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=20)
GREETER, ORDERS = "peer.dubbo.api.GreeterService", "peer.dubbo.api.OrderService"


def order(n):
    states = ["NEW", "PAID", "SHIPPED", "CANCELLED"]
    return {
        "id": n, "customer": f"customer-{n}", "paid": n % 2 == 0, "rank": n * 100, "score": n + 0.25,
        "createdAt": f"2023-11-14T22:13:20.{n:03}Z", "status": states[n % 4], "total": 39.99, "tags": {"region": "eu"}, "blob": "AAEC/w==",
        "items": [{"sku": f"sku-{n}", "quantity": 2, "price": 19.99}, {"sku": "gift-你好-😀", "quantity": 1, "price": 0.01}]}


made = {"id": 7, "customer": "c", "paid": True, "rank": 3, "score": 1.5, "createdAt": "2023-11-14T22:13:20.001Z", "status": "PAID",
        "items": [{"sku": "s", "price": 1.50, "quantity": 3}], "tags": {"a": "b"}, "blob": "AAH/"}
CASES = [
    (GREETER, "sayHello", '["wörld 😀"]', "hello wörld 😀"),
    (GREETER, "add", "[2147483647, -1]", 2147483646),
    (GREETER, "addLong", "[9007199254740993, 1]", 9007199254740994),
    (GREETER, "addLong", "[9223372036854775806, 1]", 9223372036854775807),
    (GREETER, "half", "[1e300]", 5e299), (GREETER, "half", "[1]", 0.5), (GREETER, "half", '["5"]', 2.5),
    (GREETER, "not", "[true]", False), (GREETER, "touch", '["x"]', None), (GREETER, "touches", "", True),
    (GREETER, "slow", '["a", 20]', "slow a"), (GREETER, "later", '["a", 20]', "later a"), (GREETER, "big", "[100000]", None),
    (GREETER, "size", "[[1, 2, 255]]", 3), (GREETER, "bytes", "[3]", "Wlpa"), (GREETER, "nothing", "", None),
    (ORDERS, "create", json.dumps({**made, "createdAt": 1700000000001, "blob": [0, 1, 255]}), {**made, "total": 4.5}),
    (ORDERS, "find", "[3]", order(3)), (ORDERS, "find", "[0]", None), (ORDERS, "list", "[2]", [order(1), order(2)]),
    (ORDERS, "byIds", "[[1, 2]]", {"1": order(1), "2": order(2)}),
    (ORDERS, "total", '{"items": [{"sku": "s", "price": 12345678901234567.89, "quantity": 3}]}', "37037036703703703.67"),
    (ORDERS, "addMoney", '["1.10", "2.20"]', "3.30"), (ORDERS, "addMoney", "[12345678901234567.891, 0.001]", "12345678901234567.892"),
    (ORDERS, "next", '["PAID"]', "SHIPPED"), (ORDERS, "echoDate", "[1700000000001]", "2023-11-14T22:13:20.001Z"),
    (ORDERS, "upper", '[["a", "ß"]]', ["A", "SS"]), (ORDERS, "reversed", '[["a", "b"]]', ["b", "a"]), (ORDERS, "squares", "[[1, 2, 3]]", [1, 4, 9]),
    (ORDERS, "uniq", '[["a", "b", "a"]]', ["a", "b"]),
    (ORDERS, "mixed", "", {
        "int": 7, "negative": -70000, "long": 1 << 40, "double": 3.5, "text": "café 你好 😀", "date": "2023-11-14T22:13:20Z", "money": 12.34,
        "null": None, "bytes": "AQID", "list": [1, "two", 3.0, True], "status": "PAID", "order": order(5)}),
    (ORDERS, "echo", '[{"a": [1, 2.5, null, "x", false]}]', {"a": [1, 2.5, None, "x", False]}),
    (ORDERS, "sameThrice", "", [order(9)] * 3), (ORDERS, "intKeys", "", {"1": "one", "2": "two"}),
] + [(ORDERS, "exotic", json.dumps([kind]), value) for kind, value in {
    "LocalDateTime": "2024-02-29T13:14:15.016", "LocalDate": "2024-02-29", "LocalTime": "13:14:15", "Instant": "2023-11-14T22:13:20.123Z",
    "Duration": "PT1M30.5S", "ZonedDateTime": "2024-02-29T13:14:15+01:00[Europe/Paris]", "BigInteger": -123456789012345678901234567890,
    "UUID": "01234567-89ab-cdef-8877-665544332211", "Timestamp": "2023-11-14T22:13:20.123Z", "Float": 1.5, "Short": 7, "Byte": -3,
    "Character": "x", "longArray": [1, 1 << 40], "doubleArray": [0.1, 2.0], "nestedArray": [["a"], ["b", "c"]], "emptyList": [],
    "emptyMap": {}, "longList": [1, 2, 3, 4, 5, 6, 7, 8, 9], "linkedList": ["a", "b"], "Locale": "fr_CA", "Class": "java.lang.String",
    "x": None}.items()]
THROWN = [
    (GREETER, "fail", '["runtime"]', 500, "peer.dubbo.api.PeerRuntimeException", "runtime failure"),
    (GREETER, "fail", '["checked"]', 404, "peer.dubbo.api.OrderException", "checked failure"),
    (GREETER, "fail", '["npe"]', 500, "java.lang.NullPointerException", "npe failure"),
    (ORDERS, "find", "[-1]", 404, "peer.dubbo.api.OrderException", "no order -1"),
]
FAILED = [(ORDERS, "nosuch", "", 404), (GREETER, "greet", '["a"]', 502), ("no.Such", "m", "", 502), (ORDERS, "exotic", '["cycle"]', 502)]


def call(service, method, body):
    connection.request("POST", f"/{service}/{method}", body.encode(), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def case(service, method, body, good, got):
    print(json.dumps({"case": f"{service.rsplit('.', 1)[1]}.{method}({body[:60]})", "pass": good, "got": str(got)[:300]}))


for service, method, body, expected in CASES:
    status, text = call(service, method, body)
    value = json.loads(text)
    if method in ("total", "addMoney"):
        value = text
    elif method == "touches":
        value = value > 0
    elif method == "big":
        value = None if len(value) == 100000 else value
    case(service, method, body, status == 200 and value == expected, (status, text))
for service, method, body, code, name, message in THROWN:
    status, text = call(service, method, body)
    case(service, method, body, (status, json.loads(text)) == (code, {"exception": name, "message": message}), (status, text))
for service, method, body, code in FAILED:
    status, text = call(service, method, body)
    case(service, method, body, status == code and "at org." not in text, (status, text))
