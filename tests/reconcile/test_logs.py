"""Logs of a workload through the engine: pods that come and go, rights, cuts, floods. Each on a server of our own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from gitops_tui.demo import DemoCluster
from gitops_tui.demo.status import Fault
from gitops_tui.model.keys import GVK, AppKey, ResourceKey
from gitops_tui.model.logs import ALL_CONTAINERS, LogFeed, LogLine, LogOptions
from gitops_tui.model.sync import SyncOptions
from gitops_tui.reconcile import Engine, Request
from gitops_tui.settings import Settings
from tests.support.waiting import until

POD = GVK("", "v1", "Pod")
WEB = ResourceKey("apps", "Deployment", "shop", "web")
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: %d
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: app, image: "nginx:1.27"}
      - {name: side, image: "busybox:1"}
"""


class Place:
    """A workload that runs, the engine that watches it, and what its log answers."""

    def __init__(self, cluster: DemoCluster, kubeconfig: Path, repository: Any, tmp_path: Path, replicas: int) -> None:
        self.cluster = cluster
        self.feeds: list[tuple[LogFeed, list[LogLine]]] = []
        repository.commit({"apps/web/d.yaml": DEPLOYMENT % replicas})
        request = Request(
            repo=str(repository.folder), pattern="apps/web", kubeconfig=kubeconfig, create_namespace=True,
            namespace="shop", automatic=False,
        )  # fmt: skip
        settings = Settings(state_folder=tmp_path / "state", cache_folder=tmp_path / "cache")
        self.engine = Engine(request, settings)
        self.engine.start()
        until(lambda: self.engine.snapshot.applications and not self.state.loading)
        plan = self.engine.plan(self.app, SyncOptions()).result(120)
        self.engine.sync(plan).result(120)
        until(lambda: len(self.pods) == replicas)

    @property
    def state(self) -> Any:
        return next(iter(self.engine.snapshot.applications.values()))

    @property
    def app(self) -> AppKey:
        return self.state.key

    @property
    def pods(self) -> list[str]:
        """The pods that the engine knows."""
        return sorted(each.name for each in self.engine.log_pods(self.app, WEB).result(120))

    def answers(self, handler: Callable[[web.Request, Any, Any], Awaitable[web.StreamResponse]]) -> None:
        """Who answers the `log` subresource from now on."""
        self.cluster.server.subresources[("", "pods", "log")] = handler

    def read(self, options: LogOptions, key: ResourceKey | None = WEB) -> tuple[LogFeed, list[LogLine]]:
        """Starts reading; the list grows by `taken`."""
        feed, lines = LogFeed(), []
        self.engine.logs(self.app, key, options, feed)
        self.feeds.append((feed, lines))
        return feed, lines

    def taken(self) -> list[LogLine]:
        feed, lines = self.feeds[-1]
        lines += feed.take()
        return lines

    def texts(self) -> list[str]:
        return [each.text for each in self.taken()]

    def all_of(self, options: LogOptions, key: ResourceKey | None = WEB) -> list[LogLine]:
        """All lines until the end."""
        feed, _ = self.read(options, key)
        until(lambda: feed.over)
        return self.taken()


@pytest.fixture
def make_place(made_repository, tmp_path: Path) -> Iterator[Callable[[int], Place]]:
    places: list[Place] = []
    with DemoCluster(delay=0) as cluster:
        kubeconfig = cluster.kubeconfig(tmp_path / "kubeconfig")

        def make(replicas: int = 1) -> Place:
            places.append(Place(cluster, kubeconfig, made_repository, tmp_path, replicas))
            return places[-1]

        yield make
        for each in places:
            each.engine.stop()


def stamp(number: int) -> str:
    return f"2026-05-01T10:{number // 60 % 60:02}:{number % 60:02}.{number:09}Z"


async def begin(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/plain"})
    await response.prepare(request)
    return response


def test_all_pods_and_the_containers_that_were_asked_for(make_place) -> None:
    place = make_place(2)
    lines = place.all_of(LogOptions(follow=False))
    sources = place.feeds[-1][0].sources
    assert {each.container for each in sources} == {"app"}
    assert {each.pod for each in sources} == set(place.pods)
    assert all(each.time for each in lines)
    place.all_of(LogOptions(ALL_CONTAINERS, follow=False))
    assert {each.container for each in place.feeds[-1][0].sources} == {"app", "side"}
    lines = place.all_of(LogOptions("nobody", follow=False))
    assert [each.text for each in lines] == ["no pod has a container nobody"]
    place.all_of(LogOptions(follow=False), None)
    assert {each.pod for each in place.feeds[-1][0].sources} == set(place.pods)


def test_pods_that_come_and_go_while_followed_are_told_in_one_line_each(make_place) -> None:
    place = make_place()
    (first,) = place.pods
    place.read(LogOptions())
    until(lambda: "app started" in place.texts())
    place.cluster.call(place.cluster.registry.delete, POD, "shop", first)
    until(lambda: len(place.pods) == 1 and place.pods != [first])
    (second,) = place.pods
    until(lambda: f"pod {second} has come" in place.texts() and place.texts().count("app started") == 2)
    until(lambda: f"pod {first} is gone" in place.texts())
    notes = [each.text for each in place.taken() if each.note and first in each.text]
    assert notes == [f"pod {first} is gone"]


def test_without_the_right_one_clear_line_and_no_second_try(make_place) -> None:
    place = make_place(2)
    asked = []

    async def refuse(_request: web.Request, _info: Any, _pod: Any) -> web.StreamResponse:
        asked.append(1)
        raise Fault(403, "Forbidden", 'pods "x" is forbidden: User "dana" cannot get resource "pods/log"')

    place.answers(refuse)
    place.read(LogOptions())
    until(lambda: len(asked) == 2 and place.texts())
    (said,) = set(place.texts())
    assert said.startswith("no rights to read logs:")
    assert "pods/log" in said


def test_a_stream_that_is_cut_goes_on_without_losing_or_doubling_a_line(make_place) -> None:
    place = make_place()
    asked: list[str] = []

    async def cut(request: web.Request, _info: Any, _pod: Any) -> web.StreamResponse:
        asked.append(request.query.get("sinceTime", ""))
        response = await begin(request)
        # As the API: from the second on, so that what was seen comes again.
        known = 0 if len(asked) == 1 else 40
        until_line = 50 if len(asked) == 1 else 100
        text = "".join(f"{stamp(n)} line {n}\n" for n in range(known, until_line))
        await response.write(text.encode() + f"{stamp(until_line)} li".encode())
        if len(asked) == 1:
            await asyncio.sleep(0.1)
            request.transport.abort()  # type: ignore[union-attr]
        else:
            await response.write(b"ne 100\n")
            await asyncio.sleep(30)
        return response

    place.answers(cut)
    place.read(LogOptions())
    until(lambda: "line 100" in place.texts())
    lines = [each.text for each in place.taken() if not each.note]
    assert lines == [f"line {n}" for n in range(101)]
    assert any("the log was cut" in each.text for each in place.taken() if each.note)
    assert asked[1] == stamp(49)[:19] + "Z"


def test_a_pod_that_vanished_is_one_line(make_place) -> None:
    place = make_place()

    async def gone(_request: web.Request, _info: Any, _pod: Any) -> web.StreamResponse:
        raise Fault(404, "NotFound", 'pods "x" not found')

    place.answers(gone)
    place.read(LogOptions())
    until(lambda: place.texts())
    assert place.texts() == [f"pod {place.pods[0]} is gone"]


def test_what_the_kubelet_refuses_is_said_in_its_words(make_place) -> None:
    place = make_place()
    lines = place.all_of(LogOptions(previous=True, follow=False))
    (said,) = lines
    assert said.note
    assert "previous terminated container" in said.text


def test_bytes_that_are_no_text_are_shown(make_place) -> None:
    place = make_place()

    async def binary(_request: web.Request, _info: Any, _pod: Any) -> web.StreamResponse:
        return web.Response(body=f"{stamp(1)} ".encode() + bytes(range(256)) + b"\n" + b"\xff" * 100_000)

    place.answers(binary)
    lines = place.all_of(LogOptions(follow=False))
    assert "\\xff" in lines[0].text + lines[1].text
    assert all(len(each.text) < 80_000 for each in lines)


def test_a_flood_waits_for_the_reader_and_loses_nothing(make_place) -> None:
    place = make_place()
    sent = 0
    count = 200_000

    async def flood(request: web.Request, _info: Any, _pod: Any) -> web.StreamResponse:
        nonlocal sent
        response = await begin(request)
        for start in range(0, count, 1000):
            await response.write("".join(f"{stamp(0)} {n} {'x' * 200}\n" for n in range(start, start + 1000)).encode())
            sent = start + 1000
        return response

    place.answers(flood)
    feed, _ = place.read(LogOptions(follow=False))
    until(lambda: feed.is_full)
    assert len(feed._lines) < 40_000
    until(lambda: len(place.taken()) == count and feed.over)
    numbers = [int(each.text.split()[0]) for each in place.taken()]
    assert numbers == list(range(count))


def test_a_container_that_starts_again_is_gone_on_with(make_place) -> None:
    place = make_place()
    ended = asyncio.Event()
    asked: list[str] = []

    async def handler(request: web.Request, _info: Any, _pod: Any) -> web.StreamResponse:
        asked.append(request.query.get("sinceTime", ""))
        response = await begin(request)
        if len(asked) == 1:
            await response.write(f"{stamp(1)} first run\n".encode())
            return response
        await response.write(f"{stamp(5)} second run\n".encode())
        await ended.wait()
        return response

    place.answers(handler)
    place.read(LogOptions())
    until(lambda: place.texts() == ["first run", "second run"])
    place.cluster.call(ended.set)
