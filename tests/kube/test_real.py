"""The same against a real API server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from gitops_tui.errors import ApiError, Conflict, Forbidden, Invalid, NotFound
from gitops_tui.kube import Cluster, WatchSpec, WatchStatus, contexts
from gitops_tui.model.keys import GVK
from tests.support.clusters import connected
from tests.support.waiting import until_async

pytestmark = pytest.mark.real
CM = GVK("", "v1", "ConfigMap")


def config_map(namespace: str, name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": data}


@asynccontextmanager
async def namespace(cluster: Cluster) -> AsyncIterator[str]:
    name = f"kube-room-{uuid4().hex[:8]}"
    await cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    try:
        yield name
    finally:
        await cluster.delete(cluster.discovery.find(GVK("", "v1", "Namespace")), "", name, propagation="Background")


async def test_it_connects_and_knows_the_kinds(real_kubeconfig: Path) -> None:
    async with connected(real_kubeconfig) as cluster:
        assert cluster.version.startswith("v1.")
        assert cluster.user
        assert cluster.discovery.find_kind("deploy").gvk == GVK("apps", "v1", "Deployment")
        assert {"status", "scale"} <= cluster.discovery.find_kind("deployments.apps").subresources


async def test_a_write_is_seen_at_once_and_a_deletion_too(real_kubeconfig: Path) -> None:
    seen: dict[str, float] = {}

    def change(_kind: Any, old: Any, new: Any) -> None:
        seen[f"{(new or old)['metadata']['name']} {'gone' if new is None else 'there'}"] = time.monotonic()

    async with connected(real_kubeconfig, on_change=change) as cluster, namespace(cluster) as place:
        kind = cluster.discovery.find(CM)
        await cluster.set_watches([WatchSpec(kind)])
        await until_async(lambda: cluster.status(CM)[0] is WatchStatus.SYNCED)
        late = []
        for number in range(10):
            await cluster.apply(config_map(place, f"a{number}", k="v"))
            answered = time.monotonic()
            await until_async(lambda number=number: f"a{number} there" in seen)
            late.append(seen[f"a{number} there"] - answered)
        assert sorted(late)[5] < 0.05
        uid = cluster.store.get(CM, place, "a1")["metadata"]["uid"]  # type: ignore[index]
        assert await cluster.delete(kind, place, "a0", uid=uid) is False
        assert await cluster.delete(kind, place, "a1", uid=uid, dry_run=True) is True
        assert await cluster.get(kind, place, "a1")
        assert await cluster.delete(kind, place, "a1", uid=uid) is True
        await until_async(lambda: "a1 gone" in seen)
        assert await cluster.delete(kind, place, "a1") is False


async def test_lists_come_whole_though_in_pages(real_kubeconfig: Path) -> None:
    async with connected(real_kubeconfig) as cluster, namespace(cluster) as place:
        await asyncio.gather(*(cluster.apply(config_map(place, f"c{number}")) for number in range(510)))
        kind = cluster.discovery.find(CM)
        found = await cluster.list(kind, place)
        assert len([each for each in found if each["metadata"]["name"].startswith("c")]) == 510
        await cluster.set_watches([WatchSpec(kind, only_namespace=place, keep_managed_fields=False)])
        await until_async(lambda: len(cluster.store.of_kind(CM)) >= 510)
        assert not any("managedFields" in each["metadata"] for each in cluster.store.of_kind(CM).values())


async def test_every_character_of_a_value_arrives(real_kubeconfig: Path) -> None:
    odd = "".join(map(chr, (*range(0x20, 0x100), 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0x1F642))) + "\t\n\r\\"
    async with connected(real_kubeconfig) as cluster, namespace(cluster) as place:
        assert (await cluster.apply(config_map(place, "odd", k=odd)))["data"] == {"k": odd}


async def test_refusals_are_told_with_what_to_do(real_kubeconfig: Path) -> None:
    warnings: list[str] = []
    async with (
        connected(real_kubeconfig, on_warning=lambda _, text: warnings.append(text)) as cluster,
        namespace(cluster) as place,
    ):
        with pytest.raises(NotFound) as missing:
            await cluster.apply(config_map("no-such-namespace-here", "a"))
        assert "CreateNamespace=true" in missing.value.hint
        # The API server answers 500 here.
        with pytest.raises(ApiError, match=r"\.dta: field not declared in schema") as unknown:
            await cluster.apply({**config_map(place, "a"), "dta": {}})
        assert "mend the name" in unknown.value.hint
        await cluster.apply(config_map(place, "owned", k="1"), field_manager="helm")
        with pytest.raises(Conflict) as conflict:
            await cluster.apply(config_map(place, "owned", k="2"), force=False)
        assert "helm" in conflict.value.hint
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "s", "namespace": place},
            "type": "kubernetes.io/dockerconfigjson",
            "stringData": {".dockerconfigjson": "hunter2 is no JSON"},
        }
        with pytest.raises(Invalid) as refused:
            await cluster.apply(secret)
        assert "hunter2" not in str(refused.value)
        assert ".dockerconfigjson" in str(refused.value)


async def test_a_user_without_rights_is_told_which_one_is_missing(real_kubeconfig: Path) -> None:
    if "real-reader" not in {each.name for each in contexts(real_kubeconfig)}:
        pytest.skip("no context of a user without rights")
    async with connected(real_kubeconfig, "real-reader") as cluster:
        kind = cluster.discovery.find(CM)
        assert await cluster.can_i("list", kind, "default") is False
        with pytest.raises(Forbidden, match=r'cannot patch resource "configmaps".*in the namespace "default"'):
            await cluster.apply(config_map("default", "a"))
        await cluster.set_watches([WatchSpec(kind, namespaces=frozenset({"default"}))])
        await until_async(lambda: cluster.status(CM, "default")[0] is WatchStatus.FORBIDDEN)
        assert cluster.status(CM, "kube-system")[0] is WatchStatus.PENDING


async def test_applies_come_close_to_a_bare_loop(real_kubeconfig: Path) -> None:
    count = 200
    async with connected(real_kubeconfig) as cluster, namespace(cluster) as place:
        credentials = cluster.transport._credentials
        assert credentials is not None
        path = f"{credentials.server}/api/v1/namespaces/{place}/configmaps/"
        params = {"fieldManager": "bare", "force": "true"}
        gate = asyncio.Semaphore(8)
        headers = {**dict(credentials.headers), "Content-Type": "application/apply-patch+yaml"}

        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=credentials.tls)) as session:

            async def bare(number: int) -> None:
                body = config_map(place, f"bare-{number}", k="v")
                async with (
                    gate,
                    session.patch(f"{path}bare-{number}", params=params, json=body, headers=headers) as answer,
                ):
                    assert answer.status in (200, 201), await answer.text()
                    await answer.read()

            async def ours(number: int) -> None:
                await cluster.apply(config_map(place, f"ours-{number}", k="v"))

            took = {}
            for name, work in (("warm", bare), ("bare", bare), ("ours", ours)):
                started = time.monotonic()
                await asyncio.gather(*(work(number + (1000 if name == "warm" else 0)) for number in range(count)))
                took[name] = time.monotonic() - started
        print(f"applies/s: bare {count / took['bare']:.0f}, ours {count / took['ours']:.0f}")
        assert took["ours"] < took["bare"] * 2 + 0.3
