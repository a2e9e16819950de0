"""AppRecord <-> the data of a ConfigMap. Each part is JSON under its own key. A part that a hand has edited into
nonsense is kept aside under `broken.<key>` on the next write and said in `notes`; the other parts go on."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import orjson

from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.record import AppRecord, HistoryEntry, InventoryItem, Pause, Pin, RunningOperation
from gitops_tui.model.sync import Initiator, OperationPhase

KEYS = ("pause", "pin", "inventory", "history", "running", "source", "failed")
_COMPRESS_FROM = 100_000
_MAX_INFLATED = 50_000_000


def _text(time: datetime | None) -> str | None:
    return time.isoformat() if time is not None else None


def _time(text: Any) -> datetime:
    found = datetime.fromisoformat(str(text))
    if found.tzinfo is None:
        raise ValueError("a time without a zone")
    return found


def encode(record: AppRecord) -> dict[str, str]:
    """The ConfigMap's data for a record; parts that are empty are left out."""
    data: dict[str, Any] = {}
    if record.pause is not None:
        pause = record.pause
        data["pause"] = {
            "who": pause.who,
            "since": _text(pause.since),
            "reason": pause.reason,
            "until": _text(pause.until),
        }
    if record.pin is not None:
        pin = record.pin
        data["pin"] = {
            "revision": pin.revision,
            "who": pin.who,
            "since": _text(pin.since),
            "message": pin.message,
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
        }
    if record.source:
        data["source"] = record.source
    if record.failed_revision:
        data["failed"] = {"revision": record.failed_revision, "message": record.failed_message}
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
        "message": entry.message,
        "counts": dict(entry.counts),
        "failures": list(entry.failures),
    }


def _packed(value: Any) -> str:
    text = orjson.dumps(value)
    if len(text) < _COMPRESS_FROM:
        return text.decode()
    return "zlib:" + base64.b64encode(zlib.compress(text, 9)).decode()


def _unpacked(text: str) -> Any:
    if text.startswith("zlib:"):
        inflater = zlib.decompressobj()
        raw = inflater.decompress(base64.b64decode(text[5:]), _MAX_INFLATED)
        return orjson.loads(raw)
    return orjson.loads(text)


def decode(data: Mapping[str, Any]) -> AppRecord:
    """The record in a ConfigMap's data; what can't be read is named in `notes`."""
    notes: list[str] = []

    def read(key: str, make: Callable[[Any], Any], default: Any) -> Any:
        text = data.get(key)
        if text is None:
            return default
        try:
            return make(_unpacked(str(text)))
        except (ValueError, TypeError, KeyError, AttributeError, binascii.Error, zlib.error) as error:
            notes.append(f"the state's {key} can't be read ({type(error).__name__}): it is kept aside and ignored")
            return default

    failed = read("failed", lambda value: (str(value["revision"]), str(value["message"])), ("", ""))
    return AppRecord(
        pause=read(
            "pause",
            lambda v: Pause(
                str(v["who"]),
                _time(v["since"]),
                str(v.get("reason") or ""),
                _time(v["until"]) if v.get("until") else None,
            ),
            None,
        ),
        pin=read(
            "pin",
            lambda v: Pin(
                str(v["revision"]),
                str(v["who"]),
                _time(v["since"]),
                str(v.get("message") or ""),
                str(v.get("rolledBackFrom") or ""),
            ),
            None,
        ),
        inventory=read(
            "inventory",
            lambda v: frozenset(InventoryItem(ResourceKey(*map(str, each[:4])), str(each[4])) for each in v),
            frozenset(),
        ),
        history=read("history", lambda v: tuple(_read_entry(each) for each in v), ()),
        running=read(
            "running",
            lambda v: RunningOperation(
                str(v["revision"]), _time(v["started"]), str(v["who"]), Initiator(v["initiator"])
            ),
            None,
        ),
        source=read("source", str, ""),
        failed_revision=failed[0],
        failed_message=failed[1],
        notes=tuple(notes),
    )


def _read_entry(value: Mapping[str, Any]) -> HistoryEntry:
    return HistoryEntry(
        id=int(value["id"]),
        revision=str(value["revision"]),
        phase=OperationPhase(value["phase"]),
        started=_time(value["started"]),
        finished=_time(value["finished"]) if value.get("finished") else None,
        who=str(value["who"]),
        initiator=Initiator(value["initiator"]),
        message=str(value.get("message") or ""),
        counts=tuple((str(name), int(count)) for name, count in (value.get("counts") or {}).items()),
        failures=tuple(map(str, value.get("failures") or ())),
    )
