"""The live store stays true through cuts, expiries, nonsense and missing rights."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

import gitops_tui.kube.transport as transport
from gitops_tui.kube import Cluster, WatchSpec, WatchStatus
from gitops_tui.kube.informer import PAGE
from gitops_tui.model.keys import GVK
from tests.kube.fake_api import config_map, connected, cut, fake_api, status
from tests.support.waiting import until_async

CM = GVK("", "v1", "ConfigMap")
ALL = "/api/v1/configmaps"
SHOP = "/api/v1/namespaces/shop/configmaps"


class Seen:
    """What a cluster told of changes: ("added" | "changed" | "removed", name)."""

    def __init__(self) -> None:
        self.changes: list[tuple[str, str]] = []

    def __call__(self, _kind: Any, old: Any, new: Any) -> None:
        what = "added" if old is None else "removed" if new is None else "changed"
        self.changes.append((what, (new or old)["metadata"]["name"]))


async def watch(cluster: Cluster, **more: Any) -> None:
    await cluster.set_watches([WatchSpec(cluster.discovery.find(CM), **more)])


def state(cluster: Cluster, namespace: str = "") -> WatchStatus:
    return cluster.status(CM, namespace)[0]


def data_of(cluster: Cluster, name: str, namespace: str = "shop") -> dict[str, str] | None:
    found = cluster.store.get(CM, namespace, name)
    return found["data"] if found else None


async def test_events_reach_the_store_however_they_are_cut_into_pieces(tmp_path: Path) -> None:
    seen = Seen()
    async with fake_api() as api, connected(tmp_path, api, on_change=seen) as cluster:
        api.objects[ALL] = [config_map("a", 5, x="1"), config_map("b", 6)]
        await watch(cluster)
        await until_async(lambda: api.watches)
        huge = json.dumps({"type": "ADDED", "object": config_map("huge", 101, x="y" * 3_000_000)}).encode()
        small = json.dumps({"type": "MODIFIED", "object": config_map("a", 102, x="ü")}, ensure_ascii=False).encode()
        whole = huge + b"\n" + small + b"\n\n"
        for start in range(0, len(huge), 500_000):
            api.events.put_nowait(whole[start : min(start + 500_000, len(huge))])
        for byte in whole[len(huge) :]:
            api.events.put_nowait(bytes([byte]))
        api.event("DELETED", config_map("b", 103))
        await until_async(lambda: cluster.store.get(CM, "shop", "b") is None)
        assert len((data_of(cluster, "huge") or {})["x"]) == 3_000_000
        assert data_of(cluster, "a") == {"x": "ü"}
        assert seen.changes == [
            ("added", "a"),
            ("added", "b"),
            ("added", "huge"),
            ("changed", "a"),
            ("removed", "b"),
        ]


async def test_a_cut_watch_goes_on_from_the_last_event_not_from_the_list(tmp_path: Path) -> None:
    async with fake_api() as api, connected(tmp_path, api) as cluster:
        await watch(cluster)
        await until_async(lambda: api.watches)
        api.event("ADDED", config_map("a", 150))
        api.event("BOOKMARK", {"metadata": {"resourceVersion": "170"}})
        api.events.put_nowait(b'{"type": "MODIFIED", "object": {"metadata": {"na')
        api.events.put_nowait(None)
        await until_async(lambda: len(api.watches) == 2)
        assert api.watches == ["100", "170"]
        assert state(cluster) is WatchStatus.SYNCED
        assert data_of(cluster, "a") == {}


async def test_410_in_the_stream_lists_again_and_tells_only_what_differs(tmp_path: Path) -> None:
    seen = Seen()
    async with fake_api() as api, connected(tmp_path, api, on_change=seen) as cluster:
        api.objects[ALL] = [config_map("same", 1), config_map("changed", 2), config_map("gone", 3)]
        await watch(cluster)
        await until_async(lambda: api.watches)
        seen.changes.clear()
        api.version = 200
        api.objects[ALL] = [config_map("same", 1), config_map("changed", 190), config_map("new", 195)]
        api.event("ERROR", {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"})
        await until_async(lambda: len(api.watches) == 2)
        assert api.watches[1] == "200"
        assert sorted(seen.changes) == [("added", "new"), ("changed", "changed"), ("removed", "gone")]


async def test_410_as_an_http_answer_lists_again(tmp_path: Path) -> None:
    async with fake_api() as api, connected(tmp_path, api) as cluster:
        refused: list[str] = []

        async def expired(request: web.Request) -> web.Response | None:
            if request.query.get("watch") and not refused:
                refused.append(request.path)
                return status(410, "Expired", "too old resource version")
            return None

        api.handlers.append(expired)
        await watch(cluster)
        await until_async(lambda: api.watches)
        assert len([path for _, path in api.asked if "limit=" in path]) == 2


async def test_a_watch_that_always_ends_at_once_is_not_asked_for_in_a_hot_loop(tmp_path: Path) -> None:
    async with fake_api() as api, connected(tmp_path, api) as cluster:

        async def ends(request: web.Request) -> web.Response | None:
            if request.query.get("watch"):
                api.watches.append("ended")
                return web.Response(text="")
            return None

        api.handlers.append(ends)
        await watch(cluster)
        await asyncio.sleep(1.0)
        assert 1 <= len(api.watches) <= 3


async def test_a_list_comes_in_pages_and_starts_over_where_its_token_expired(tmp_path: Path) -> None:
    everything = [config_map(f"c{number}", number + 1) for number in range(PAGE * 2 + 3)]
    expired: list[int] = []
    async with fake_api() as api, connected(tmp_path, api) as cluster:

        async def pages(request: web.Request) -> web.Response | None:
            if request.path != ALL or request.query.get("watch"):
                return None
            start = int(request.query.get("continue") or 0)
            if start == PAGE and not expired:
                expired.append(start)
                return status(410, "Expired", "the provided continue parameter is too old")
            end = start + int(request.query["limit"])
            meta = {"resourceVersion": "900", **({"continue": str(end)} if end < len(everything) else {})}
            return web.json_response({"metadata": meta, "items": everything[start:end]})

        api.handlers.append(pages)
        await watch(cluster)
        await until_async(lambda: api.watches)
        assert len(cluster.store.of_kind(CM)) == len(everything)
        assert len(await cluster.list(cluster.discovery.find(CM))) == len(everything)


async def test_without_the_right_to_list_the_cluster_the_namespaces_are_listed(tmp_path: Path) -> None:
    async with fake_api() as api, connected(tmp_path, api) as cluster:
        allowed = {SHOP}

        async def rights(request: web.Request) -> web.Response | None:
            if request.path.endswith("/configmaps") and request.path not in allowed:
                return status(403, "Forbidden", 'configmaps is forbidden: User "u" cannot list resource "configmaps"')
            return None

        api.handlers.append(rights)
        api.objects[SHOP] = [config_map("a", 5)]
        await watch(cluster, namespaces=frozenset({"shop", "closed"}))
        await until_async(lambda: state(cluster, "shop") is WatchStatus.SYNCED)
        await until_async(lambda: state(cluster, "closed") is WatchStatus.FORBIDDEN)
        assert "cannot list" in cluster.status(CM, "closed")[1]
        assert data_of(cluster, "a") == {}
        # One that nobody watches is not known: nothing in it may be taken for missing.
        assert state(cluster, "elsewhere") is WatchStatus.PENDING


async def test_one_readable_namespace_says_nothing_of_another(tmp_path: Path) -> None:
    async with fake_api() as api, connected(tmp_path, api) as cluster:

        async def rights(request: web.Request) -> web.Response | None:
            return status(403, "Forbidden", "no") if request.path == ALL else None

        api.handlers.append(rights)
        await watch(cluster, namespaces=frozenset({"shop"}))
        await until_async(lambda: state(cluster, "shop") is WatchStatus.SYNCED)
        assert state(cluster, "other") is WatchStatus.PENDING
        await watch(cluster, namespaces=frozenset({"shop", "other"}))
        await until_async(lambda: state(cluster, "other") is WatchStatus.SYNCED)


async def test_namespaces_that_come_later_are_tried_where_the_cluster_was_forbidden(tmp_path: Path) -> None:
    async with fake_api() as api, connected(tmp_path, api) as cluster:

        async def rights(request: web.Request) -> web.Response | None:
            return status(403, "Forbidden", "no") if request.path == ALL else None

        api.handlers.append(rights)
        await watch(cluster)
        await until_async(lambda: state(cluster) is WatchStatus.FORBIDDEN)
        await watch(cluster, namespaces=frozenset({"shop"}))
        await until_async(lambda: state(cluster, "shop") is WatchStatus.SYNCED)


async def test_lost_rights_take_the_objects_away_and_say_so_first(tmp_path: Path) -> None:
    told: list[tuple[str, WatchStatus]] = []
    async with fake_api() as api:
        clusters: list[Cluster] = []

        def change(_kind: Any, old: Any, new: Any) -> None:
            if new is None:
                told.append((old["metadata"]["name"], state(clusters[0])))

        async with connected(tmp_path, api, on_change=change) as cluster:
            clusters.append(cluster)
            api.objects[ALL] = [config_map("a", 5)]
            await watch(cluster)
            await until_async(lambda: api.watches)

            async def forbidden(request: web.Request) -> web.Response | None:
                return status(403, "Forbidden", "no more") if request.path == ALL else None

            api.handlers.append(forbidden)
            api.events.put_nowait(None)
            await until_async(lambda: told)
            assert told == [("a", WatchStatus.FORBIDDEN)]


async def test_nonsense_is_reported_and_outlived(tmp_path: Path) -> None:
    nonsense = [
        web.Response(text="<html>login</html>", content_type="text/html"),
        web.json_response(["a", "list"]),
        web.json_response({"metadata": {}, "items": {"no": "list"}}),
        web.json_response({"metadata": {}, "items": ["text", 7, None]}),
        web.json_response({"metadata": "text", "items": []}),
    ]
    for number, answer in enumerate(nonsense):
        folder = tmp_path / str(number)
        folder.mkdir()
        async with fake_api() as api, connected(folder, api) as cluster:
            left = [answer]

            async def odd(request: web.Request, left: list[web.Response] = left) -> web.Response | None:
                return left.pop() if request.path == ALL and left else None

            api.handlers.append(odd)
            api.objects[ALL] = [config_map("a", 5)]
            await watch(cluster)
            await until_async(lambda cluster=cluster: state(cluster) is WatchStatus.FAILED)
            assert cluster.status(CM)[1]
            await until_async(lambda cluster=cluster: state(cluster) is WatchStatus.SYNCED)
            assert data_of(cluster, "a") == {}


async def test_broken_events_are_outlived(tmp_path: Path) -> None:
    broken = (
        b"not json\n",
        b"[1]\n",
        b'{"type": "ADDED", "object": 7}\n',
        b'{"type": "ERROR", "object": {"code": "x"}}\n',
    )
    async with fake_api() as api, connected(tmp_path, api) as cluster:
        await watch(cluster)
        await until_async(lambda: api.watches)
        api.events.put_nowait(broken[0])
        await until_async(lambda: state(cluster) is WatchStatus.STALE)
        await until_async(lambda: len(api.watches) == 2)
        api.events.put_nowait(broken[2])
        await until_async(lambda: len(api.watches) == 3)
        api.event("ADDED", config_map("a", 150))
        await until_async(lambda: data_of(cluster, "a") == {})
        await until_async(lambda: state(cluster) is WatchStatus.SYNCED)


async def test_a_cut_list_is_stale_only_if_something_was_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "_TRIES", 1)
    async with fake_api() as api, connected(tmp_path, api) as cluster:
        down = [True]

        async def drop(request: web.Request) -> web.Response | None:
            if request.path == ALL and down[0]:
                cut(request)
                return web.Response()
            return None

        api.handlers.append(drop)
        await watch(cluster)
        await until_async(lambda: state(cluster) is WatchStatus.FAILED)
        down[0] = False
        await until_async(lambda: state(cluster) is WatchStatus.SYNCED)
        down[0] = True
        api.events.put_nowait(None)
        await until_async(lambda: state(cluster) is WatchStatus.STALE)
        down[0] = False
        await until_async(lambda: state(cluster) is WatchStatus.SYNCED)


async def test_a_relist_keeps_what_is_known_until_the_new_list_is_there(tmp_path: Path) -> None:
    seen = Seen()
    async with fake_api() as api, connected(tmp_path, api, on_change=seen) as cluster:
        api.objects[ALL] = [config_map("a", 5)]
        await watch(cluster)
        await until_async(lambda: api.watches)
        seen.changes.clear()
        await cluster.relist()
        assert state(cluster) is WatchStatus.SYNCED
        assert data_of(cluster, "a") == {}
        await until_async(lambda: len([path for _, path in api.asked if "limit=" in path]) == 2)
        await until_async(lambda: len(api.watches) == 2)
        assert seen.changes == []


async def test_a_watch_for_one_namespace_becomes_one_for_all(tmp_path: Path) -> None:
    async with fake_api() as api, connected(tmp_path, api) as cluster:
        api.objects[SHOP] = [config_map("a", 5)]
        api.objects[ALL] = [config_map("a", 5), config_map("b", 6, "other")]
        await watch(cluster, only_namespace="shop")
        await until_async(lambda: state(cluster, "shop") is WatchStatus.SYNCED)
        assert state(cluster, "other") is WatchStatus.PENDING
        await watch(cluster)
        await until_async(lambda: state(cluster, "other") is WatchStatus.SYNCED)
        assert data_of(cluster, "b", "other") == {}


async def test_closing_leaves_no_task_behind(tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    async with fake_api() as api:
        async with connected(tmp_path, api) as cluster:
            await watch(cluster)
            await until_async(lambda: api.watches)
        assert not [task for task in asyncio.all_tasks() - before if task.get_name().startswith("watch")]
