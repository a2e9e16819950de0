"""Events as a person reads them: those that say the same of one object are one line with a count. Pure.

Takes objects of core/v1 and events.k8s.io/v1 in any shape; what is missing reads as not told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final

from gitops_tui.health.objects import Obj, clean, number, part, word
from gitops_tui.health.summary import shorten
from gitops_tui.model.inspect import EventLine
from gitops_tui.model.keys import ResourceKey
from gitops_tui.records import replace

LINES_LIMIT: Final = 2000
"""Lines that are kept, the first of them in order."""
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


def lines(events: Iterable[Any], wanted: Callable[[str, ResourceKey], bool]) -> tuple[EventLine, ...]:
    """The lines, warnings first, then the newest first. wanted(uid, key): whether an object is one that is asked for."""
    made: dict[tuple[Any, ...], EventLine] = {}
    for event in events:
        if not isinstance(event, dict):
            continue
        about = part(event, "involvedObject") or part(event, "regarding")
        key = ResourceKey(
            word(about, "apiVersion").rpartition("/")[0],
            word(about, "kind"),
            word(about, "namespace"),
            word(about, "name"),
        )
        if not wanted(word(about, "uid"), key):
            continue
        line = _line(event, key)
        place = (line.warning, line.reason, _alike(line.message, key.name) if line.warning else line.message, key)
        known = made.get(place)
        made[place] = line if known is None else _merged(known, line)
    found = sorted(made.values(), key=lambda each: (each.last or _NEVER, each.about), reverse=True)
    found.sort(key=lambda each: not each.warning)
    return tuple(found[:LINES_LIMIT])


def _line(event: Obj, key: ResourceKey) -> EventLine:
    series = part(event, "series")
    created = word(part(event, "metadata"), "creationTimestamp")
    first = _time(word(event, "firstTimestamp") or word(event, "deprecatedFirstTimestamp") or word(event, "eventTime"))
    last = _time(
        word(series, "lastObservedTime")
        or word(event, "lastTimestamp")
        or word(event, "deprecatedLastTimestamp")
        or word(event, "eventTime")
        or created
    )
    count = number(series, "count") or number(event, "count") or number(event, "deprecatedCount") or 1
    source = word(event, "reportingComponent") or word(event, "reportingController")
    source = source or word(part(event, "source"), "component")
    return EventLine(
        warning=event.get("type") == "Warning",
        reason=shorten(word(event, "reason"), 80),
        # client-go's tools/record/events_cache.go puts that before.
        message=clean(word(event, "message") or word(event, "note")).removeprefix("(combined from similar events): "),
        about=key,
        count=max(count, 1),
        first=first or last,
        last=last or first,
        source=shorten(source, 80),
    )


class ByObject:
    """Events by what they are about, so that many objects are asked for theirs in one pass over all."""

    def __init__(self, events: Iterable[Any]) -> None:
        self._uids: dict[str, list[Obj]] = {}
        self._names: dict[tuple[str, str, str], list[Obj]] = {}
        for event in events:
            if isinstance(event, dict):
                about = part(event, "involvedObject") or part(event, "regarding")
                if uid := word(about, "uid"):
                    self._uids.setdefault(uid, []).append(event)
                else:
                    place = (word(about, "kind"), word(about, "namespace"), word(about, "name"))
                    self._names.setdefault(place, []).append(event)

    def of(self, objects: Iterable[Any]) -> list[Obj]:
        """Those about any of these objects."""
        found: list[Obj] = []
        for obj in objects:
            metadata = part(obj, "metadata")
            found += self._uids.get(word(metadata, "uid"), ())
            if self._names:
                place = (word(obj, "kind"), word(metadata, "namespace"), word(metadata, "name"))
                found += self._names.get(place, ())
        return found


def _alike(message: str, name: str) -> str:
    """What is the same in news that differ by the names of Pods that were made for `name`, or refused."""
    return (
        re.sub(rf"\b{re.escape(name)}-[a-z0-9]{{5}}\b", f"{name}-*", message) if name and name in message else message
    )


def _merged(one: EventLine, two: EventLine) -> EventLine:
    one, two = sorted((one, two), key=lambda each: each.last or _NEVER, reverse=True)
    first = min(filter(None, (one.first, two.first)), default=None)
    last = max(filter(None, (one.last, two.last)), default=None)
    return replace(one, count=one.count + two.count, first=first, last=last)


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
