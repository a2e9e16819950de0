"""Reads sync windows, with the fields of Argo CD's `AppProject.spec.syncWindows`: those of our settings, and those of projects.

In the settings a window that can't be read is an error at the start. In a project it is kept with its `problem`: it holds
what it may be about, since a deny window that nobody understood must not let automatic sync through.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from gitops_tui.errors import ConfigError
from gitops_tui.model.cron import go_duration, parse_schedule
from gitops_tui.model.globs import compiled
from gitops_tui.model.text import printable
from gitops_tui.model.windows import SyncWindow, WindowKind

_TEXTS = ("kind", "schedule", "duration", "timeZone", "description")
_LISTS = ("applications", "namespaces", "clusters")
_FLAGS = ("andOperator", "manualSync", "syncOverrun")
_FIELDS = (*_TEXTS, *_LISTS, *_FLAGS)


def windows_from(value: Any, where: str) -> tuple[SyncWindow, ...]:
    """The setting `sync_windows`. Raises ConfigError with the field."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise ConfigError(f"{where}: sync_windows must be a list of windows, not {printable(repr(value))[:80]}")
    found = []
    for number, each in enumerate(value):
        place = f"{where}: sync_windows[{number}]"
        if isinstance(each, Mapping) and (unknown := [str(name) for name in each if name not in _FIELDS]):
            raise ConfigError(
                f"{place}: unknown field {printable(unknown[0])!r}", hint=f"known fields: {', '.join(_FIELDS)}"
            )
        window = read_window(each, "the settings", number + 1)
        if window.problem:
            raise ConfigError(f"{place}: {window.problem}")
        if not (window.applications or window.namespaces or window.clusters):
            raise ConfigError(
                f"{place} is about nothing", hint=f"give {', '.join(_LISTS[:2])} or clusters ('*' for all)"
            )
        found.append(window)
    return tuple(found)


def read_window(data: Any, source: str, number: int) -> SyncWindow:
    """One window; what is wrong with it is in `problem`. Never raises."""
    if not isinstance(data, Mapping):
        return SyncWindow(source, number, problem="it must be a mapping", for_all=True)
    problems: list[str] = []
    texts = {name: _text(data, name, problems) for name in _TEXTS}
    lists = {name: _patterns(data, name, problems) for name in _LISTS}
    for_all = bool(problems) and any(lists[name] is None for name in _LISTS)
    flags = {name: _flag(data, name, problems) for name in _FLAGS}
    zone = texts["timeZone"] or "UTC"
    starts, length = None, timedelta()
    if texts["kind"] not in tuple(WindowKind):
        problems.append(f"kind must be allow or deny, not {_shown(texts['kind'])}")
    try:
        starts = parse_schedule(texts["schedule"])
    except ValueError as error:
        problems.append(f"schedule {_shown(texts['schedule'])}: {printable(str(error))}")
    try:
        length = go_duration(texts["duration"])
        if length <= timedelta():
            problems.append(f"duration {_shown(texts['duration'])} is not longer than nothing")
    except ValueError as error:
        problems.append(f"duration {_shown(texts['duration'])} {error}")
    if zone_of(zone) is None:
        problems.append(f"timeZone {_shown(zone)} is not a zone that this machine knows (such as Europe/Berlin)")
    return SyncWindow(
        source,
        number,
        kind=printable(texts["kind"]),
        schedule=printable(texts["schedule"]),
        duration=printable(texts["duration"]),
        applications=lists["applications"] or (),
        namespaces=lists["namespaces"] or (),
        clusters=lists["clusters"] or (),
        and_operator=flags["andOperator"],
        manual_sync=flags["manualSync"],
        sync_overrun=flags["syncOverrun"],
        time_zone=printable(zone),
        description=printable(texts["description"]),
        starts=starts,
        length=length,
        problem="; ".join(problems),
        for_all=for_all,
    )


@lru_cache(maxsize=256)
def zone_of(name: str) -> ZoneInfo | None:
    """A time zone by its IANA name, None where there is none such. Small container images have no zones of their own: the
    package tzdata brings them."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        # A folder of the zone data, a name that is too long, or one that would lead out of it.
        return None


def _shown(text: str) -> str:
    return printable(repr(text))[:60]


def _text(data: Mapping[str, Any], name: str, problems: list[str]) -> str:
    value = data.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        problems.append(f"{name} must be text, not {_shown(str(value))} (put it in quotes)")
        return str(value) if isinstance(value, int | float) else ""
    return value


def _flag(data: Mapping[str, Any], name: str, problems: list[str]) -> bool:
    value = data.get(name)
    if value is None or isinstance(value, bool):
        return bool(value)
    problems.append(f"{name} must be true or false, not {_shown(str(value))}")
    return False


def _patterns(data: Mapping[str, Any], name: str, problems: list[str]) -> tuple[str, ...] | None:
    """None where they can't be read."""
    value = data.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        problems.append(f"{name} must be a list of patterns")
        return None
    for each in value:
        try:
            compiled(each)
        except ValueError as error:
            problems.append(f"{name}: the pattern {_shown(each)} {error}")
            return None
    return tuple(value)
