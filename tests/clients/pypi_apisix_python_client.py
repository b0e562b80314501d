"""PyPI apisix-python-client, unchanged. Arguments: base URL (http://host:port/apisix/admin), admin key, a PEM file with certificate
and key. The client reads the answers of the API's second version: the gateway runs with `admin_api_version: v2`."""
import sys

from apisix_client import ApisixClient

client = ApisixClient(base_url=sys.argv[1], api_key=sys.argv[2])
pem = open(sys.argv[3]).read()
start = pem.index("-----BEGIN CERTIFICATE")
cert = pem[start : pem.index("-----END CERTIFICATE-----", start) + 25] + "\n"
start = pem.rindex("-----BEGIN", 0, pem.index("PRIVATE KEY"))
key = pem[start : pem.index("-----", pem.index("-----END", start) + 8) + 5] + "\n"

nodes = {"type": "roundrobin", "nodes": {"127.0.0.1:80": 1}}
for name, made, changed in [
    ("route", {"uri": "/hello", "upstream": nodes}, {"uri": "/hello2", "upstream": nodes}),
    ("upstream", nodes, {"type": "roundrobin", "nodes": {"127.0.0.1:80": 2}}),
    ("ssl", {"cert": cert, "key": key, "snis": ["test.com"]}, {"cert": cert, "key": key, "snis": ["admin.test.com"]}),
]:
    call = lambda verb, *args: getattr(client, f"{verb}_{name}")(*args)
    listed = lambda: getattr(client, f"list_{name}" if name == "ssl" else f"list_{name}s")()
    new = call("create", made)
    node = new.get("node", new)
    id = node["key"].rsplit("/", 1)[1]
    assert node["value"]["id"] == id, new
    assert len(listed()) == 1, listed()
    assert call("get", id)["node"]["value"]["id"] == id
    call("update", id, changed)
    assert call("delete", id)["deleted"] == "1"
    assert len(listed()) == 0, listed()
    try:
        call("get", id)
        raise SystemExit(f"{name} is still there")
    except ConnectionError:
        pass

client.update_consumer("bob", {"username": "bob", "plugins": {"key-auth": {"key": "k"}}})
assert client.get_consumer("bob")["node"]["value"]["username"] == "bob" and len(client.list_consumers()) == 1
assert client.delete_consumer("bob")["deleted"] == "1"
print("apisix-python-client: all calls work")
