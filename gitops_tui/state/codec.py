"""AppRecord <-> the data of a ConfigMap. Each part is JSON under its own key. A part that a hand has edited into
nonsense is kept aside under `broken.<key>` on the next write and said in `notes`; the other parts go on."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import orjson

from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.record import (
    AppRecord,
    BadCommit,
    Deleted,
    HistoryEntry,
    InventoryItem,
    Pause,
    PauseKind,
    Pin,
    RecordedResult,
    RunningOperation,
)
from gitops_tui.model.sync import Initiator, OperationPhase
from gitops_tui.records import replace

_COMPRESS_FROM = 100_000
_MAX_INFLATED = 50_000_000
# A ConfigMap may hold 1 MiB; this leaves room for its metadata and for what is kept aside.
_MAX_BYTES = 800_000
_MAX_ASIDE = 50_000
_MAX_TEXT = 2_000


def _text(time: datetime | None) -> str | None:
    return time.isoformat() if time is not None else None


def _time(text: Any) -> datetime:
    found = datetime.fromisoformat(str(text))
    if found.tzinfo is None:
        raise ValueError("a time without a zone")
    return found


def encode(record: AppRecord) -> dict[str, str]:
    """The ConfigMap's data for a record; parts that are empty are left out. Where it would not fit into a ConfigMap,
    the oldest history goes first."""
    while True:
        data = _encode(record)
        if not record.history or sum(len(text.encode()) for text in data.values()) <= _MAX_BYTES:
            return data
        record = replace(record, history=record.history[max(1, len(record.history) // 4) :])


def merge(old: Mapping[str, Any], record: AppRecord) -> dict[str, Any]:
    """The data to write over `old`: the record's parts anew, what could not be read of them kept aside, and keys that
    are not ours (of a newer version, of a hand) left as they are."""
    data = dict(old)
    unread = _unread(old)
    for key in KEYS:
        found = data.pop(key, None)
        if key in unread:
            data[f"broken.{key}"] = str(found)[:_MAX_ASIDE]
    return data | encode(record)


def _encode(record: AppRecord) -> dict[str, str]:
    data: dict[str, Any] = {}
    if record.pause is not None:
        pause = record.pause
        data["pause"] = {
            "who": pause.who,
            "since": _text(pause.since),
            "reason": pause.reason[:_MAX_TEXT],
            "until": _text(pause.until),
            "kind": pause.kind.value,
            "revision": pause.revision,
        }
    if record.pin is not None:
        pin = record.pin
        data["pin"] = {
            "revision": pin.revision,
            "who": pin.who,
            "since": _text(pin.since),
            "message": pin.message[:_MAX_TEXT],
            "rolledBackFrom": pin.rolled_back_from,
        }
    if record.inventory:
        data["inventory"] = sorted([*item.key, item.version] for item in record.inventory)
    if record.history:
        data["history"] = [_entry(entry) for entry in record.history]
    if record.running is not None:
        running = record.running
        data["running"] = {
            "revision": running.revision,
            "started": _text(running.started),
            "who": running.who,
            "initiator": running.initiator.value,
            "id": running.id,
            "user": running.user,
            "outcome": running.outcome[:_MAX_TEXT],
        }
    if record.source:
        data["source"] = record.source
    if record.failed_revision:
        data["failed"] = {
            "revision": record.failed_revision,
            "message": record.failed_message[:_MAX_TEXT],
            "content": record.failed_content,
        }
    if record.bad:
        data["bad"] = [
            {
                "revision": each.revision,
                "who": each.who,
                "since": _text(each.since),
                "reason": each.reason[:_MAX_TEXT],
                "content": each.content,
            }
            for each in record.bad
        ]
    if record.noted:
        data["noted"] = [_entry(entry) for entry in record.noted]
    if record.deleted is not None:
        gone = record.deleted
        data["deleted"] = {"who": gone.who, "since": _text(gone.since), "cascade": gone.cascade, "done": gone.done}
    return {key: _packed(value) for key, value in data.items()}


def _entry(entry: HistoryEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "revision": entry.revision,
        "phase": entry.phase.value,
        "started": _text(entry.started),
        "finished": _text(entry.finished),
        "who": entry.who,
        "initiator": entry.initiator.value,
        "message": entry.message[:_MAX_TEXT],
        "counts": dict(entry.counts),
        "failures": [each[:_MAX_TEXT] for each in entry.failures],
        "user": entry.user,
        "author": entry.author[:200],
        "subject": entry.subject[:200],
        "options": list(entry.options),
        "results": [
            [each.action, each.key, each.status, each.message[:200], list(each.fields)] for each in entry.results
        ],
        "more": entry.more,
        "partial": entry.partial,
        "healthy": entry.healthy,
        "content": entry.content,
    }


def _packed(value: Any) -> str:
    try:
        text = orjson.dumps(value)
    except TypeError:
        # Lone surrogates, as a terminal or a file name may hold them.
        text = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    if len(text) < _COMPRESS_FROM:
        return text.decode()
    return "zlib:" + base64.b64encode(zlib.compress(text, 9)).decode()


def _unpacked(text: str) -> Any:
    if text.startswith("zlib:"):
        raw = zlib.decompressobj().decompress(base64.b64decode(text[5:], validate=True), _MAX_INFLATED)
        return orjson.loads(raw)
    return orjson.loads(text)


_UNREADABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError, binascii.Error, zlib.error)


def _read(data: Mapping[str, Any], key: str) -> tuple[Any, str]:
    """One part of a record, None where it is not there or can't be read; and why it can't."""
    text = data.get(key)
    if text is None:
        return None, ""
    try:
        return _PARTS[key](_unpacked(str(text))), ""
    except _UNREADABLE as error:
        return None, f"the state's {key} can't be read ({type(error).__name__}): it is kept aside and ignored"


def _unread(data: Mapping[str, Any]) -> set[str]:
    return {key for key in KEYS if _read(data, key)[1]}


def decode(data: Mapping[str, Any]) -> AppRecord:
    """The record in a ConfigMap's data; what can't be read is named in `notes`."""
    found = {key: _read(data, key) for key in KEYS}
    values = {key: value for key, (value, _) in found.items()}
    failed = values["failed"] or ("", "", "")
    return AppRecord(
        pause=values["pause"],
        pin=values["pin"],
        inventory=values["inventory"] or frozenset(),
        history=values["history"] or (),
        running=values["running"],
        source=values["source"] or "",
        failed_revision=failed[0],
        failed_message=failed[1],
        failed_content=failed[2],
        bad=values["bad"] or (),
        deleted=values["deleted"],
        noted=values["noted"] or (),
        notes=tuple(why for _, why in found.values() if why),
    )


def _dict(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("a mapping is wanted")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("a list is wanted")
    return value


def _read_pause(value: Any) -> Pause:
    found = _dict(value)
    until = _time(found["until"]) if found.get("until") else None
    return Pause(
        str(found["who"]),
        _time(found["since"]),
        str(found.get("reason") or ""),
        until,
        PauseKind(found.get("kind") or PauseKind.ALL),
        str(found.get("revision") or ""),
    )


def _read_pin(value: Any) -> Pin:
    found = _dict(value)
    if not found["revision"]:
        raise ValueError("a pin without a revision")
    return Pin(
        str(found["revision"]),
        str(found["who"]),
        _time(found["since"]),
        str(found.get("message") or ""),
        str(found.get("rolledBackFrom") or ""),
    )


def _read_item(value: Any) -> InventoryItem:
    group, kind, namespace, name, version = (str(part) for part in _list(value))
    return InventoryItem(ResourceKey(group, kind, namespace, name), version)


def _read_running(value: Any) -> RunningOperation:
    found = _dict(value)
    return RunningOperation(
        str(found["revision"]),
        _time(found["started"]),
        str(found["who"]),
        Initiator(found["initiator"]),
        str(found.get("id") or ""),
        str(found.get("user") or ""),
        str(found.get("outcome") or ""),
    )


def _read_bad(value: Any) -> BadCommit:
    found = _dict(value)
    return BadCommit(
        str(found["revision"]),
        str(found["who"]),
        _time(found["since"]),
        str(found.get("reason") or ""),
        str(found.get("content") or ""),
    )


def _read_deleted(value: Any) -> Deleted:
    found = _dict(value)
    return Deleted(str(found["who"]), _time(found["since"]), str(found["cascade"]), bool(found.get("done")))


def _read_result(value: Any) -> RecordedResult:
    action, key, status, message, fields = _list(value)
    return RecordedResult(str(action), str(key), str(status), str(message), tuple(map(str, _list(fields))))


def _read_entry(value: Any) -> HistoryEntry:
    found = _dict(value)
    return HistoryEntry(
        id=int(found["id"]),
        revision=str(found["revision"]),
        phase=OperationPhase(found["phase"]),
        started=_time(found["started"]),
        finished=_time(found["finished"]) if found.get("finished") else None,
        who=str(found["who"]),
        initiator=Initiator(found["initiator"]),
        message=str(found.get("message") or ""),
        counts=tuple((str(name), int(count)) for name, count in _dict(found.get("counts") or {}).items()),
        failures=tuple(map(str, _list(found.get("failures") or []))),
        user=str(found.get("user") or ""),
        author=str(found.get("author") or ""),
        subject=str(found.get("subject") or ""),
        options=tuple(map(str, _list(found.get("options") or []))),
        results=tuple(_read_result(each) for each in _list(found.get("results") or [])),
        more=int(found.get("more") or 0),
        partial=bool(found.get("partial")),
        healthy=bool(found.get("healthy")),
        content=str(found.get("content", "")),
    )


def _read_source(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("text is wanted")
    return value


_PARTS: dict[str, Callable[[Any], Any]] = {
    "pause": _read_pause,
    "pin": _read_pin,
    "inventory": lambda value: frozenset(_read_item(each) for each in _list(value)),
    "history": lambda value: tuple(_read_entry(each) for each in _list(value)),
    "running": _read_running,
    "source": _read_source,
    "deleted": _read_deleted,
    "noted": lambda value: tuple(_read_entry(each) for each in _list(value)),
    "bad": lambda value: tuple(_read_bad(each) for each in _list(value)),
    "failed": lambda value: (str(_dict(value)["revision"]), str(value["message"]), str(value.get("content", ""))),
}
KEYS = tuple(_PARTS)
