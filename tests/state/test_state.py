"""What is kept of an application: whole after writers meet, hands that edit, missing rights and odd names."""

from __future__ import annotations

import asyncio
import json
import re
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from gitops_tui.errors import GitOpsError
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.record import AppRecord, HistoryEntry, InventoryItem, Pause, Pin, RunningOperation
from gitops_tui.model.sync import Initiator, OperationPhase
from gitops_tui.settings import Settings
from gitops_tui.state import StateStore, configmap_name, decode, encode
from gitops_tui.state.codec import KEYS, merge
from tests.kube.fake_api import FakeApi, connected, fake_api, status

APP = AppKey("test", "", "shop")
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
PAUSE = Pause("dana", NOW, "release")
BASE = "/api/v1/namespaces/gitops-tui/configmaps"


def entry(number: int, message: str = "") -> HistoryEntry:
    return HistoryEntry(number, "a" * 40, OperationPhase.SUCCEEDED, NOW, NOW, "dana", Initiator.PERSON, message)


def item(name: str) -> InventoryItem:
    return InventoryItem(ResourceKey("apps", "Deployment", "shop", name), "v1")


def paused(record: AppRecord) -> AppRecord:
    return replace(record, pause=PAUSE)


class Kept:
    """ConfigMaps with resourceVersions, behind the fake API. denied: methods that are answered 403."""

    def __init__(self, api: FakeApi) -> None:
        self.namespaces = {"gitops-tui"}
        self.maps: dict[str, dict[str, Any]] = {}
        self.denied: set[str] = set()
        self.version = 1
        self.before_write: list[Any] = []
        api.handlers.append(self.handle)

    def put(self, name: str, data: dict[str, Any]) -> None:
        self.version += 1
        metadata = {"name": name, "namespace": "gitops-tui", "resourceVersion": str(self.version)}
        self.maps[name] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}

    def data(self, name: str = "app-shop") -> dict[str, Any]:
        return dict(self.maps[name]["data"])

    async def handle(self, request: web.Request) -> web.Response | None:
        if request.path == "/api/v1/namespaces" and request.method == "POST":
            self.namespaces.add((await request.json())["metadata"]["name"])
            return web.json_response({}, status=201)
        if not request.path.startswith(BASE):
            return None
        if request.method in self.denied:
            return status(403, "Forbidden", f'configmaps is forbidden: User "u" cannot {request.method}')
        name = request.path.removeprefix(BASE).strip("/")
        if request.method == "GET":
            if not name:
                return web.json_response({"metadata": {}, "items": list(self.maps.values())})
            found = self.maps.get(name)
            return web.json_response(found) if found else status(404, "NotFound", "not found")
        while self.before_write:
            self.before_write.pop()()
        body = await request.json()
        name = body["metadata"]["name"]
        if request.method == "POST":
            if not self.namespaces:
                return status(404, "NotFound", 'namespaces "gitops-tui" not found')
            if name in self.maps:
                return status(409, "AlreadyExists", "already exists")
        else:
            if name not in self.maps:
                return status(404, "NotFound", "not found")
            if body["metadata"]["resourceVersion"] != self.maps[name]["metadata"]["resourceVersion"]:
                return status(409, "Conflict", "the object has been modified")
        self.put(name, body["data"])
        self.maps[name]["metadata"]["labels"] = body["metadata"]["labels"]
        return web.json_response(self.maps[name])


@asynccontextmanager
async def state(folder: Path) -> AsyncIterator[tuple[StateStore, Kept]]:
    settings = Settings(state_folder=folder / "state", request_timeout=5)
    async with fake_api() as api, connected(folder, api, settings=settings) as cluster:
        yield StateStore(cluster, settings), Kept(api)


# --- the cluster keeps it -------------------------------------------------------------------------------------------


async def test_reading_writes_nothing_and_the_first_write_makes_the_namespace(tmp_path: Path) -> None:
    async with state(tmp_path) as (store, kept):
        kept.namespaces.clear()
        assert await store.load(APP) == AppRecord()
        assert not kept.maps
        assert not kept.namespaces
        assert (await store.update(APP, paused)).pause == PAUSE
        assert kept.namespaces == {"gitops-tui"}
        assert (await store.load(APP)).pause == PAUSE
        assert kept.maps["app-shop"]["metadata"]["labels"] == {
            "app.kubernetes.io/managed-by": "gitops-tui",
            "gitops-tui.io/state": "application",
        }
        assert list(await store.load_all()) == ["shop"]


async def test_writers_who_meet_lose_nothing(tmp_path: Path) -> None:
    async with state(tmp_path) as (store, _):

        def add(record: AppRecord, number: int) -> AppRecord:
            return replace(record, history=(*record.history, entry(number)))

        await asyncio.gather(*(store.update(APP, lambda r, n=n: add(r, n)) for n in range(4)))
        assert {each.id for each in (await store.load(APP)).history} == {0, 1, 2, 3}


async def test_a_record_that_is_deleted_meanwhile_is_made_again(tmp_path: Path) -> None:
    async with state(tmp_path) as (store, kept):
        await store.update(APP, paused)
        kept.before_write.append(kept.maps.clear)
        await store.update(APP, lambda r: replace(r, source="x"))
        assert (await store.load(APP)).source == "x"


async def test_what_a_hand_wrote_is_kept_aside_and_said_and_the_rest_goes_on(tmp_path: Path) -> None:
    async with state(tmp_path) as (store, kept):
        kept.put("app-shop", {"pause": "yes please", "source": '"repo path"', "future": "of a newer version"})
        record = await store.load(APP)
        assert record.pause is None
        assert record.source == "repo path"
        assert ["pause" in note for note in record.notes] == [True]
        record = await store.update(APP, paused)
        assert record.notes == ()
        data = kept.data()
        assert data["broken.pause"] == "yes please"
        assert data["future"] == "of a newer version"
        assert (await store.load(APP)).pause == PAUSE


# --- the user's folder keeps it -------------------------------------------------------------------------------------


async def test_without_the_right_it_is_kept_in_the_users_folder_and_said(tmp_path: Path) -> None:
    async with state(tmp_path) as (store, kept):
        kept.denied = {"GET", "POST", "PUT"}
        await store.update(APP, paused)
        assert "cannot" in store.local_reason
        assert (await store.load(APP)).pause == PAUSE
        file = tmp_path / "state" / "test" / "app-shop.json"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        assert [each.name for each in file.parent.iterdir()] == ["app-shop.json"]
        # Once the right is there, what was kept here goes to the cluster with the next write.
        kept.denied = set()
        assert (await store.load(APP)).pause == PAUSE
        await store.update(APP, lambda r: replace(r, source="x"))
        assert store.local_reason == ""
        assert decode(kept.data()).pause == PAUSE
        assert not file.exists()


async def test_who_may_read_but_not_write_goes_on_from_what_the_cluster_has(tmp_path: Path) -> None:
    async with state(tmp_path) as (store, kept):
        await store.update(APP, lambda r: replace(r, history=(entry(1),)))
        kept.denied = {"PUT", "POST"}
        record = await store.update(APP, paused)
        assert (record.pause, record.history) == (PAUSE, (entry(1),))
        assert (await store.load(APP)).pause == PAUSE
        # Somebody with the right writes: theirs is newer.
        kept.put("app-shop", encode(AppRecord(source="theirs")))
        record = await store.load(APP)
        assert (record.pause, record.source) == (None, "theirs")


async def test_who_may_write_but_not_read_overwrites_nothing(tmp_path: Path) -> None:
    async with state(tmp_path) as (store, kept):
        await store.update(APP, lambda r: replace(r, source="old"))
        kept.denied = {"GET"}
        await store.update(APP, paused)
        assert store.local_reason
        assert decode(kept.data()) == AppRecord(source="old")


@pytest.mark.parametrize("content", [b"not json", b"[]", b'{"data": 7}', b"\xff", b""])
async def test_a_broken_file_is_said_and_kept_aside(tmp_path: Path, content: bytes) -> None:
    async with state(tmp_path) as (store, kept):
        kept.denied = {"GET", "POST", "PUT"}
        folder = tmp_path / "state" / "test"
        folder.mkdir(parents=True)
        (folder / "app-shop.json").write_bytes(content)
        assert "kept aside" in (await store.load(APP)).notes[0]
        await store.update(APP, paused)
        assert (folder / "app-shop.broken").read_bytes() == content
        assert (await store.load(APP)).pause == PAUSE


async def test_where_neither_place_can_be_written_both_are_named(tmp_path: Path) -> None:
    async with state(tmp_path) as (store, kept):
        kept.denied = {"POST"}
        (tmp_path / "state").write_text("in the way")
        with pytest.raises(GitOpsError, match=r"neither in the cluster \(.*cannot POST\) nor in"):
            await store.update(APP, paused)


# --- names ----------------------------------------------------------------------------------------------------------


@given(st.text(min_size=1), st.text())
def test_any_application_gets_a_name_that_the_api_server_takes(name: str, namespace: str) -> None:
    made = configmap_name(AppKey("c", namespace, name))
    assert len(made) <= 253
    label = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
    assert re.fullmatch(rf"{label}(\.{label})*", made)


def test_different_applications_get_different_names() -> None:
    odd = ["a", "A", "a.", "a.-b", "a b", "a_b", "a-b", "ä", "ö", "x" * 300, "x" * 301, "a\n"]
    assert len({configmap_name(AppKey("c", "", name)) for name in odd}) == len(odd)
    assert configmap_name(AppKey("c", "", "guestbook")) == "app-guestbook"


# --- the record as text ---------------------------------------------------------------------------------------------

_times = st.datetimes(timezones=st.just(UTC))
_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_records = st.builds(
    AppRecord,
    pause=st.none() | st.builds(Pause, _text, _times, _text, st.none() | _times),
    pin=st.none() | st.builds(Pin, st.just("c" * 40), _text, _times, _text, _text),
    inventory=st.frozensets(
        st.builds(InventoryItem, st.builds(ResourceKey, _text, _text, _text, _text), _text), max_size=5
    ),
    history=st.lists(
        st.builds(
            HistoryEntry,
            st.integers(0, 2**40),
            _text,
            st.sampled_from(OperationPhase),
            _times,
            st.none() | _times,
            _text,
            st.sampled_from(Initiator),
            _text,
            st.lists(st.tuples(_text, st.integers(0, 99)), max_size=3, unique_by=lambda pair: pair[0]).map(tuple),
            st.lists(_text, max_size=3).map(tuple),
        ),
        max_size=3,
    ).map(tuple),
    running=st.none() | st.builds(RunningOperation, _text, _times, _text, st.sampled_from(Initiator)),
    source=_text,
    failed_revision=st.just("") | st.just("d" * 40),
)


@given(_records)
def test_a_record_comes_back_as_it_was(record: AppRecord) -> None:
    assert decode(encode(record)) == record
    assert decode(merge({}, record)) == record


@given(
    st.dictionaries(
        st.sampled_from([*KEYS, "other"]),
        st.text(max_size=30)
        | st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | _text,
            lambda inner: (
                st.lists(inner, max_size=6)
                | st.dictionaries(
                    st.sampled_from(["who", "since", "until", "revision", "id", "phase", "message", "counts"]), inner
                )
            ),
            max_leaves=10,
        ).map(json.dumps),
    )
)
def test_nonsense_never_raises_and_never_gets_lost(data: dict[str, str]) -> None:
    record = decode(data)
    after = merge(data, record)
    for key in KEYS:
        if any(f"state's {key} " in note for note in record.notes):
            assert after[f"broken.{key}"] == data[key]
    assert decode(after).notes == ()


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("history", '[{"id": 1e400}]'),
        ("inventory", '["abcde", "fghij"]'),
        ("inventory", '{"abcde": 1}'),
        ("pause", '{"who": "x", "since": "2026-05-01T12:00:00"}'),
        ("pin", '{"who": "x", "since": "2026-05-01T12:00:00+00:00", "revision": ""}'),
        ("history", "zlib:AAAA"),
        ("history", "zlib:ä"),
        ("pause", "[" * 100_000),
        ("source", "7"),
    ],
)
def test_each_kind_of_nonsense_is_noted(key: str, text: str) -> None:
    assert len(decode({key: text}).notes) == 1


def test_an_archive_that_would_fill_the_memory_is_refused() -> None:
    import base64
    import zlib

    bomb = base64.b64encode(zlib.compress(b" " * 60_000_000)).decode()
    assert decode({"history": f"zlib:{bomb}"}).notes


def test_a_record_always_fits_and_the_oldest_history_goes_first() -> None:
    record = AppRecord(
        pause=PAUSE,
        inventory=frozenset(item(f"deployment-{number:05}") for number in range(20_000)),
        history=tuple(entry(number, "é" * 5000 + str(number)) for number in range(400)),
    )
    data = encode(record)
    assert sum(len(value.encode()) for value in data.values()) < 900_000
    assert data["inventory"].startswith("zlib:")
    back = decode(data)
    assert (back.pause, back.inventory) == (PAUSE, record.inventory)
    assert back.history[-1].id == 399


def test_broken_characters_do_not_stop_a_write() -> None:
    back = decode(encode(AppRecord(pause=replace(PAUSE, reason="caf\udce9"), source="ok")))
    assert back.pause is not None
    assert back.pause.reason == "caf?"
    assert back.notes == ()


def test_a_pause_ends_by_itself() -> None:
    pause = replace(PAUSE, until=NOW + timedelta(minutes=1))
    assert pause.active(NOW)
    assert not pause.active(NOW + timedelta(minutes=1))
