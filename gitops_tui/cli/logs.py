"""`gitops-tui logs`: the logs of the pods of an object, or of a whole application."""

from __future__ import annotations

import argparse
import sys
import threading

import orjson

from gitops_tui.cli.chosen import chosen
from gitops_tui.cli.session import session
from gitops_tui.errors import GitOpsError
from gitops_tui.model.logs import LogFeed, LogLine, LogOptions
from gitops_tui.model.logtext import readable
from gitops_tui.model.text import printable, redact
from gitops_tui.reconcile.applicationspec import parse_duration
from gitops_tui.settings import Settings


def logs(options: argparse.Namespace, settings: Settings) -> int:
    """Prints lines as they come; notes go to standard error. Exit code 1 where there was no line, only notes."""
    asked = _options(options)
    with session(options, settings) as work:
        state, key, left = chosen(work, options.app, [options.resource] if options.resource else [])
        if left:
            raise GitOpsError(f"{printable(left[0])!r} is no object", hint="give KIND/NAME, for example Deployment/web")
        news = threading.Event()
        feed = LogFeed(news.set)
        stop = work.engine.logs(state.key, key, asked, feed)
        lines = notes = 0
        try:
            while True:
                news.wait()
                news.clear()
                over = feed.over
                taken = feed.take()
                if not asked.follow:
                    # Of several pods by their times, as far as they come together.
                    taken.sort(key=lambda line: line.time)
                for line in taken:
                    lines, notes = lines + (not line.note), notes + line.note
                    _print(line, feed, options)
                sys.stdout.flush()
                if over:
                    break
        finally:
            stop()
    return 1 if notes and not lines else 0


def _options(options: argparse.Namespace) -> LogOptions:
    since = 0
    if options.since:
        found = parse_duration(options.since)
        if found is None or found < 1:
            raise GitOpsError(f"--since {printable(options.since)!r} is no duration", hint="for example 30s, 5m, 2h")
        since = int(found)
    if options.tail < -1:
        raise GitOpsError(f"--tail {options.tail} is no number of lines", hint="give 0 or more")
    return LogOptions(options.container, options.previous, since, options.tail, options.follow and not options.previous)


def _print(line: LogLine, feed: LogFeed, options: argparse.Namespace) -> None:
    source = feed.sources[line.source] if line.source >= 0 else None
    if options.output == "json":
        made = {
            "time": line.time or None,
            "namespace": source.namespace if source else None,
            "pod": source.pod if source else None,
            "container": source.container if source else None,
            "note" if line.note else "text": redact(line.text),
        }
        sys.stdout.write(orjson.dumps(made).decode() + "\n")
        return
    text = line.text if options.raw or line.note else readable(line.text)
    if line.note:
        print(printable(redact(f"— {text} —")), file=sys.stderr)
        return
    several = len(feed.sources) > 1 and source is not None
    head = f"{source.pod}/{source.container} " if several and source is not None else ""
    time = f"{line.time} " if options.timestamps and line.time else ""
    sys.stdout.write(printable(redact(f"{head}{time}{text}")) + "\n")
