"""An object that is deeper than anybody would write hides no other."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web

from gitops_tui.compare import compare, diff_rows
from gitops_tui.kube.deep import LEFT_OUT, loads
from tests.kube.fake_api import connected, fake_api


def nested(levels: int, opening: bytes = b'{"k":', closing: bytes = b"}") -> bytes:
    return opening * levels + b'"end \\" ]}"' + closing * levels


@pytest.mark.parametrize(("opening", "closing"), [(b'{"k":', b"}"), (b"[", b"]"), (b'[{"[\\"{":', b"}]")])
def test_what_is_too_deep_is_left_out(opening: bytes, closing: bytes) -> None:
    body = b'{"a": %s, "b": [1, {"c": "]}"}]}' % nested(5000, opening, closing)
    found = loads(body)
    assert found["b"] == [1, {"c": "]}"}]
    assert LEFT_OUT in repr(found["a"])
    assert loads(b'{"a": %s}' % nested(3)) == orjson.loads(b'{"a": %s}' % nested(3))
    for broken in (b"{", b"[" * 5000, b"", b"nonsense"):
        with pytest.raises(orjson.JSONDecodeError):
            loads(broken)


def test_a_large_answer_with_something_deep_in_it_takes_no_time() -> None:
    rest = orjson.dumps([{"name": f"n{number}", "data": {"x": "y" * 100}} for number in range(20_000)])
    begin = time.monotonic()
    assert len(loads(b'{"deep": %s, "items": %s}' % (nested(2000), rest))["items"]) == 20_000
    assert time.monotonic() - begin < 5


async def test_its_neighbours_are_read(tmp_path: Path) -> None:
    async with fake_api() as api, connected(tmp_path, api) as cluster:

        async def answer(request: web.Request) -> web.Response | None:
            deep = b'{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "x": %s}' % nested(1500)
            return web.Response(body=deep, content_type="application/json") if "configmaps" in request.path else None

        api.handlers.append(answer)
        found = await cluster.transport.request("GET", "/api/v1/namespaces/shop/configmaps/a")
        assert found["metadata"]["name"] == "a"


def test_such_an_object_is_compared_and_shown() -> None:
    live: dict[str, Any] = loads(
        b'{"apiVersion": "a/v1", "kind": "X", "metadata": {"name": "a"}, "s": %s}' % nested(3000)
    )
    desired = {**live, "s": {"k": "short"}}
    drift = compare(desired, live)
    assert drift.is_drifted
    assert diff_rows(desired, live, drift).changes
