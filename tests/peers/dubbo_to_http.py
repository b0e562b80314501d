#!/usr/bin/env python3
"""Routes by which consumers of the Java peer's services call them over HTTP with JSON: Dubbo2 to HTTP, and that HTTP to Dubbo2 again.

    dubbo_to_http.py ADMIN KEY HTTP PROVIDER     (ports)
"""
import sys

from told import admin_api

admin, key, http, provider = sys.argv[1:]
API = "peer.dubbo.api."
GREETER, ORDERS = API + "GreeterService", API + "OrderService"
put = admin_api(admin, key)

# The HTTP service: the provider, called with JSON.
upstream = {"scheme": "dubbo", "nodes": {f"127.0.0.1:{provider}": 1}}
bridge = {"exceptions": {API + "OrderException": 404}, "attachments": {"headers": {"x-peer-key": "x-peer-key"}}}
put("routes/bridge", {"uri": "/bridge/*", "upstream": upstream, "plugins": {"dubbo-bridge": bridge}})
# Where a provider cannot tell by the JSON alone, or would lose digits of it.
TYPED = {
    "size": (GREETER, "size", ["[B"]), "one": (GREETER, "greet", ["java.lang.String"]), "two": (GREETER, "greet", ["java.lang.String", "int"]),
    "money": (ORDERS, "addMoney", ["java.math.BigDecimal", "java.math.BigDecimal"])}
for name, (service, method, types) in TYPED.items():
    parameters = [{"from": "body", "name": str(n), "type": kind} for n, kind in enumerate(types)]
    put(f"routes/{name}", {"uri": f"/{name}", "upstream": upstream,
                           "plugins": {"dubbo-bridge": {"service": service, "method": method, "parameters": parameters}}})

ORDER = API + "Order"
RETURNS = {
    "sayHello": "String", "add": "int", "addLong": "long", "half": "double", "not": "boolean", "touch": "void", "touches": "int",
    "slow": "String", "later": "java.util.concurrent.CompletableFuture<String>", "big": "String", "bytes": "byte[]",
    "attachments": "java.util.Map<String,String>", "who": "String", "nothing": "String", "fail": "String", "create": ORDER, "find": ORDER,
    "list": f"java.util.List<{ORDER}>", "byIds": f"java.util.Map<String,{ORDER}>", "total": "java.math.BigDecimal", "next": API + "OrderStatus",
    "echoDate": "java.util.Date", "upper": "java.util.List<String>", "reversed": "String[]", "squares": "int[]", "uniq": "java.util.Set<String>",
    "mixed": "java.util.Map<String,Object>", "sameThrice": f"java.util.List<{ORDER}>", "intKeys": "java.util.Map<Integer,String>"}
methods = [{"name": name, "returns": kind} for name, kind in RETURNS.items()]
methods += [
    {"name": "greet", "types": ["java.lang.String"], "path": "/one", "returns": "String"},
    {"name": "greet", "types": ["java.lang.String", "int"], "path": "/two", "returns": "String"},
    {"name": "size", "path": "/size", "returns": "int"}, {"name": "addMoney", "path": "/money", "returns": "java.math.BigDecimal"}]
classes = {
    ORDER: {"id": "long", "customer": "String", "paid": "boolean", "rank": "Integer", "score": "double", "createdAt": "java.util.Date",
            "total": "java.math.BigDecimal", "status": API + "OrderStatus", "items": f"java.util.List<{API}Item>",
            "tags": "java.util.Map<String,String>", "blob": "byte[]"},
    API + "Item": {"sku": "String", "quantity": "int", "price": "java.math.BigDecimal"}, API + "OrderStatus": "enum",
    API + "OrderException": {"code": "int"}, API + "PeerRuntimeException": {"code": "int"}}
conf = {
    "path": "/bridge/{interface}/{method}", "body": "array", "dates": "epoch_ms", "bytes": "array", "methods": methods, "classes": classes,
    "exception_member": "exception", "exception_classes": [API + "*", "java.lang.NullPointerException"]}
put("routes/dubbo", {"uri": "/peer.dubbo.api.*", "upstream": {"scheme": "http", "nodes": {f"127.0.0.1:{http}": 1}}, "plugins": {"dubbo-to-http": conf}})
