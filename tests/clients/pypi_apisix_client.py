"""PyPI apisix-client, unchanged, through every call it has. Arguments: base URL (http://host:port/), admin key."""
import sys

from apisix_client import ApisixClient
from apisix_client.common import Pagging
from apisix_client.consumer.models import Consumer
from apisix_client.plugin.models import KeyAuth, LimitCount
from apisix_client.route.models import Route
from apisix_client.service.models import Service
from apisix_client.upstream.models import Node, Upstream

client = ApisixClient(sys.argv[1], sys.argv[2])


def crud(part, new):
    made = part.create_with_id_generation(new)
    assert made, part
    assert part.create_or_update(new, "by-hand") == "by-hand", part
    got = part.get("by-hand")
    assert got.value.id == "by-hand" and got.modified_index >= got.created_index > 0, got
    assert part.count() == 2, part.count()
    assert {one.value.id for one in part.get_all()} == {made, "by-hand"}
    assert len(part.get_all(Pagging(1, 10))) == 2 and len(part.get_all(Pagging(2, 10))) == 0
    assert part.get("none") is None
    for one in (made, "by-hand"):
        assert part.delete(one), one
    assert not part.delete("none") and part.count() == 0


upstream = Upstream(name="u", nodes=[Node(host="127.0.0.1", port=80, weight=1)])
crud(client.upstream, upstream)
crud(client.service, Service(name="s", upstream=upstream))
# The client cannot read what it leaves without a type: routes with an upstream of their own, and plugins.
assert client.upstream.create_or_update(upstream, "for-routes")
crud(client.route, Route(uri="/a", upstream_id="for-routes"))
limited = Route(uri="/a", plugins=[LimitCount(count=1, time_window=60)], upstream_id="for-routes")
assert client.route.create_or_update(limited, "limited") and client.route.delete("limited")
assert client.upstream.delete("for-routes")
assert client.route.create_with_id_generation(Route(uri="/a", upstream_id="none")) is None

assert client.consumer.create_or_update(Consumer(username="bob", plugins=[KeyAuth(key="k")]))
assert not client.consumer.create_or_update(Consumer(username="eve", plugins=[KeyAuth(key="k")]))
assert client.consumer.create_or_update(Consumer(username="bob"))
assert client.consumer.get("bob").value.username == "bob" and client.consumer.count() == 1
assert len(client.consumer.get_all(Pagging(1, 10))) == 1
assert client.consumer.delete("bob") == 1 and client.consumer.delete("bob") == 0

assert "key-auth" in client.plugin.get_available() and client.plugin.reload()
print("apisix-client: all calls work")
