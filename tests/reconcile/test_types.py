"""The types of other kinds than the bundled ones: asked for one by one, kept while the cluster doesn't answer."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from gitops_tui.errors import ApiError, Forbidden, Unreachable
from gitops_tui.kube import ResourceType
from gitops_tui.model.keys import GVK
from gitops_tui.reconcile.definitions import CRD
from gitops_tui.reconcile.types import Types

GAUGE, DIAL = GVK("a.example", "v1", "Gauge"), GVK("a.example", "v1", "Dial")


def definition(gvk: GVK, **properties: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": {name: {"type": kind} for name, kind in properties.items()}}
    version = {"name": gvk.version, "schema": {"openAPIV3Schema": schema}}
    return {"spec": {"group": gvk.group, "names": {"kind": gvk.kind}, "versions": [version]}}


class Cluster:
    """A cluster with some definitions; answers[name] may be an error. asked: what was read."""

    def __init__(self, **answers: Any) -> None:
        self.answers: dict[str, Any] = answers
        self.documents: dict[str, Any] = {}
        self.asked: list[str] = []
        served = {
            CRD: ResourceType(CRD, "customresourcedefinitions", False),
            GAUGE: ResourceType(GAUGE, "gauges", True),
            DIAL: ResourceType(DIAL, "dials", True),
        }
        self.discovery = SimpleNamespace(get=served.get)
        self.transport = SimpleNamespace(request=self.request)

    async def get(self, kind: ResourceType, namespace: str, name: str) -> Any:
        assert (kind.gvk, namespace) == (CRD, "")
        self.asked.append(name)
        found = self.answers.get(name.partition(".")[0])
        if isinstance(found, Exception):
            raise found
        return found

    async def request(self, method: str, path: str, **_: Any) -> Any:
        assert method == "GET"
        self.asked.append(path)
        if path not in self.documents:
            raise ApiError("no such document", status=404)
        return self.documents[path]


def fields(types: Types, gvk: GVK) -> list[str] | None:
    node = types.schemas.node(gvk)
    return None if node is None else sorted(set(node.declared) - {"metadata", "apiVersion", "kind"})


async def test_only_what_is_compared_is_asked_for_and_once() -> None:
    cluster = Cluster(gauges=definition(GAUGE, spec="object"), dials=definition(DIAL, spec="object"))
    types = Types(cluster)  # type: ignore[arg-type]
    await types.learn([GVK("apps", "v1", "Deployment"), GVK("b.example", "v1", "Unserved")])
    assert cluster.asked == []
    await types.learn([GAUGE])
    await types.learn([GAUGE])
    assert cluster.asked == ["gauges.a.example"]
    assert (fields(types, GAUGE), fields(types, DIAL)) == (["spec"], None)


async def test_a_changed_definition_counts_and_one_that_is_gone_does_not() -> None:
    cluster = Cluster(gauges=definition(GAUGE, spec="object"), dials=definition(DIAL, spec="object"))
    types = Types(cluster)  # type: ignore[arg-type]
    await types.learn([GAUGE, DIAL])
    cluster.answers = {"gauges": definition(GAUGE, spec="object", size="integer")}
    await types.learn_anew()
    assert (fields(types, GAUGE), fields(types, DIAL)) == (["size", "spec"], None)


async def test_a_slow_answer_does_not_undo_what_changed_meanwhile() -> None:
    cluster = Cluster(gauges=definition(GAUGE, spec="object"), dials=definition(DIAL, spec="object"))
    types = Types(cluster)  # type: ignore[arg-type]
    await types.learn([GAUGE])
    get, slow, first = cluster.get, asyncio.Event(), [True]

    async def held(kind: ResourceType, namespace: str, name: str) -> Any:
        if name.startswith("dials") and first:
            first.clear()
            await slow.wait()
        return await get(kind, namespace, name)

    cluster.get = held  # type: ignore[method-assign]
    learning = asyncio.create_task(types.learn([DIAL]))
    await asyncio.sleep(0)
    cluster.answers["gauges"] = definition(GAUGE, spec="object", size="integer")
    again = asyncio.create_task(types.learn_anew())
    for _ in range(10):
        await asyncio.sleep(0)
    slow.set()
    await asyncio.gather(learning, again)
    assert (fields(types, GAUGE), fields(types, DIAL)) == (["size", "spec"], ["spec"])


async def test_while_the_cluster_does_not_answer_what_is_known_counts() -> None:
    cluster = Cluster(gauges=definition(GAUGE, spec="object"))
    types = Types(cluster)  # type: ignore[arg-type]
    await types.learn([GAUGE])
    cluster.answers = {"gauges": Unreachable("the line is down")}
    await types.learn_anew()
    assert fields(types, GAUGE) == ["spec"]


async def test_what_could_not_be_asked_is_asked_again() -> None:
    cluster = Cluster(gauges=Unreachable("the line is down"))
    types = Types(cluster)  # type: ignore[arg-type]
    await types.learn([GAUGE])
    assert fields(types, GAUGE) is None
    cluster.answers = {"gauges": definition(GAUGE, spec="object")}
    await types.learn([GAUGE])
    assert fields(types, GAUGE) == ["spec"]


@pytest.mark.parametrize("answer", [None, Forbidden("no rights", status=403)])
async def test_without_a_definition_the_openapi_document_of_the_group_tells(answer: Any) -> None:
    cluster = Cluster(gauges=answer, dials=answer)
    schema = {
        "type": "object",
        "properties": {"spec": {"type": "object"}},
        "x-kubernetes-group-version-kind": [{"group": "a.example", "version": "v1", "kind": "Gauge"}],
    }
    path = "/openapi/v3/apis/a.example/v1"
    cluster.documents[path] = {"components": {"schemas": {"Gauge": schema}}}
    types = Types(cluster)  # type: ignore[arg-type]
    await types.learn([GAUGE, DIAL])
    assert (fields(types, GAUGE), fields(types, DIAL)) == (["spec"], None)
    assert cluster.asked.count(path) == 1
    await types.learn([GAUGE, DIAL])
    assert cluster.asked.count(path) == 1, "what nobody tells is not asked for time and again"
