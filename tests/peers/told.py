"""What the scripts of this folder share: routes of the gateway under test, and lines that say how a case went."""
import json
import urllib.request


def admin_api(port, key):
    """Gives a function that puts an object at a path of the Admin API."""

    def put(path, value):
        request = urllib.request.Request(f"http://127.0.0.1:{port}/apisix/admin/{path}", method="PUT",
                                         data=json.dumps(value).encode(), headers={"X-API-KEY": key})
        with urllib.request.urlopen(request, timeout=20):
            pass

    return put


def checks(of):
    """Gives a function that prints `ok OF: NAME` or `FAILED OF: NAME: why`."""

    def check(name, got, wanted):
        print(f"ok {of}: {name}" if got == wanted else f"FAILED {of}: {name}: got {got!r}, not {wanted!r}", flush=True)

    return check
