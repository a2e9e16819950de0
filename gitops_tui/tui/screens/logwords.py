"""What the screen of logs says beside its lines, and where it saves them. Without a screen."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from gitops_tui.model.logs import ALL_CONTAINERS, LogLine, LogOptions, LogSource
from gitops_tui.model.logtext import shown
from gitops_tui.model.text import printable
from gitops_tui.tui.logbuffer import LogBuffer
from gitops_tui.tui.words import plural

TAIL = 2_000
SINCE = (
    ("0", f"the last {TAIL:,} lines of each container", LogOptions(tail=TAIL)),
    ("1", "the last minute", LogOptions(since=60)),
    ("2", "the last 5 minutes", LogOptions(since=300)),
    ("3", "the last 15 minutes", LogOptions(since=900)),
    ("4", "the last hour", LogOptions(since=3600)),
    ("5", "the last day", LogOptions(since=86400)),
    ("9", "all that there is", LogOptions()),
)
"""How far back, by the key that chooses it."""


def facts(
    options: LogOptions, buffer: LogBuffer, sources: Sequence[LogSource], since: str, hit: int, *, follows: bool
) -> list[str]:
    """What is shown: of whom, which lines, what is searched for. since: the words of how far back; hit: the line of the hit."""
    pods = len({each.pod for each in sources})
    told = []
    if len(sources) > 1:
        told.append(plural(pods, "pod") + (f", {plural(len(sources), 'container')}" if len(sources) > pods else ""))
    elif sources:
        told.append(printable(f"{sources[0].pod}/{sources[0].container}"))
    if options.container:
        told.append("all containers" if options.container == ALL_CONTAINERS else printable(options.container))
    told.append("the run before" if options.previous else "following" if follows else "held: f follows")
    lines = plural(len(buffer.lines), "line")
    told.append(lines + (f" (older {buffer.dropped:,} dropped)" if buffer.dropped else ""))
    if buffer.filter:
        told.append(f"{len(buffer.view):,} with {printable(buffer.filter)!r}")
    if buffer.search:
        number = buffer.hit_number(hit)
        found = f"{number:,} of {len(buffer.hits):,}" if number else plural(len(buffer.hits), "hit")
        told.append(f"{found}: {printable(buffer.search)!r}")
    if since != SINCE[0][1]:
        told.append(since)
    return told


def save(path: Path, lines: Sequence[LogLine], sources: Sequence[LogSource], *, json: bool) -> None:
    """Writes lines to a new file that only its owner can read. Raises FileExistsError, OSError."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        for line in lines:
            head = ""
            if len(sources) > 1 and 0 <= line.source < len(sources):
                source = sources[line.source]
                head = f"{source.pod}/{source.container} "
            text = shown(line.text, json=json and not line.note)
            file.write(f"{printable(line.time)} {head}{f'— {text} —' if line.note else text}\n")
