"""npm apisix-mcp, unchanged, through the tools it has, as a model would call them. Arguments: path of its dist/index.js, port of the
Admin API, port of the proxy, admin key, a PEM file with certificate and key."""
import json
import os
import subprocess
import sys

script, admin, proxy, key, pem = sys.argv[1:]
env = dict(os.environ, APISIX_SERVER_HOST="http://127.0.0.1", APISIX_SERVER_PORT=proxy, APISIX_ADMIN_API_PORT=admin, APISIX_ADMIN_KEY=key)
server = subprocess.Popen(["node", script], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
number = 0


def ask(method, params, answer=True):
    global number
    number += 1
    message = {"jsonrpc": "2.0", "method": method, "params": params}
    if answer:
        message["id"] = number
    server.stdin.write(json.dumps(message) + "\n")
    server.stdin.flush()
    while answer:
        said = json.loads(server.stdout.readline())
        if said.get("id") == number:
            return said["result"]


def call(tool, **arguments):
    result = ask("tools/call", {"name": tool, "arguments": arguments})
    text = result["content"][0]["text"]
    assert not result.get("isError"), (tool, arguments, text)
    return json.loads(text)


ask("initialize", {"protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}})
ask("notifications/initialized", {}, answer=False)
tools = {tool["name"] for tool in ask("tools/list", {})["tools"]}
assert {"create_route", "get_resource", "delete_secret"} <= tools, tools

text = open(pem).read()
cert = text[text.index("-----BEGIN CERTIFICATE") :].split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n"
start = text.rindex("-----BEGIN", 0, text.index("PRIVATE KEY"))
private = text[start : text.index("-----", text.index("-----END", start) + 8) + 5] + "\n"
upstream = {"type": "roundrobin", "nodes": [{"host": "127.0.0.1", "port": int(admin), "weight": 1}]}

assert call("create_upstream", id="u", upstream=upstream)["value"]["id"] == "u"
assert len(call("create_upstream", upstream=upstream)["value"]["id"]) == 20
call("update_upstream", id="u", upstream={"desc": "changed"})
call("create_service", id="s", service={"upstream_id": "u"})
call("update_service", id="s", service={"name": "shop"})
call("create_route", id="r", route={"uri": "/apisix/admin", "methods": ["HEAD"], "upstream_id": "u", "service_id": "s"})
assert call("update_route", id="r", route={"methods": ["HEAD", "GET"], "uri": "/apisix/admin"})["value"]["methods"] == ["HEAD", "GET"]
made = call("create_route", route={"uri": "/b", "upstream_id": "u"})["value"]["id"]
assert call("get_resource", type="routes")["total"] == 2
assert call("get_resource", type="routes", id=made)["value"]["uri"] == "/b"
assert call("send_request_to_gateway", requests=[{"path": "/apisix/admin", "method": "HEAD"}])
call("create_ssl", id="c", ssl={"cert": cert, "key": private, "snis": ["test.com"]})
call("update_ssl", id="c", ssl={"snis": ["admin.test.com"]})
call("create_or_update_consumer", username="bob", plugins={"key-auth": {"key": "k"}})
call("create_consumer_group", id="g", consumerGroup={"plugins": {"limit-count": {"count": 1, "time_window": 60, "rejected_code": 429}}})
call("update_consumer_group", id="g", consumerGroup={"plugins": {"limit-count": {"count": 2, "time_window": 60}}})
call("create_global_rule", id="1", plugins={"request-id": {}})
call("update_global_rule", id="1", plugins={"request-id": {"include_in_response": False}})
assert "key-auth" in call("get_all_plugin_names")
assert call("get_plugin_schema", name="key-auth")["properties"]
call("create_or_update_plugin_metadata", name="cors", metadata={"allow_origins": {"a": "https://a.example"}})
assert call("get_plugin_metadata", name="cors")["value"]["id"] == "cors"
call("delete_plugin_metadata", name="cors")
call("create_or_update_proto", id="p", proto={"content": 'syntax = "proto3";\npackage a;\nmessage A { string b = 1; }\n'})
vault = {"type": "vault", "uri": "http://127.0.0.1:8200", "prefix": "kv/apisix", "token": "t"}
call("create_secret", id="1", manager="vault", secret=vault)
call("update_secret", id="1", manager="vault", secret=dict(vault, token="t2"))
assert call("get_secret_by_id", id="1", manager="vault")["value"]["id"] == "vault/1"
assert call("get_secret_by_id", manager="vault")["total"] == 1
call("delete_secret", id="1", manager="vault")
call("create_or_update_stream_route", id="1", route={"server_addr": "127.0.0.1", "server_port": 9100, "upstream": upstream})
for kind, id in [("stream_routes", "1"), ("protos", "p"), ("global_rules", "1"), ("consumer_groups", "g"), ("consumers", "bob"), ("ssls", "c"), ("routes", "r"), ("routes", made), ("services", "s"), ("upstreams", "u")]:
    assert call("delete_resource", type=kind, id=id)["deleted"] == "1"

result = ask("tools/call", {"name": "create_route", "arguments": {"route": {"uri": "/b", "upstream_id": "none"}}})
assert result["isError"] and "failed to fetch upstream info by upstream id [none]" in result["content"][0]["text"], result
server.stdin.close()
server.wait()
print(f"apisix-mcp: {len(tools)} tools, all that APISIX takes work")
