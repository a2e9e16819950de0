"""The commands that ask what objects do beyond their drift: why one is not healthy, and its events."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable

from gitops_tui.cli import inspect_shapes as shapes
from gitops_tui.cli.choosing import Chosen, choose
from gitops_tui.cli.output import json_out, out
from gitops_tui.cli.session import session
from gitops_tui.model.health import HealthStatus
from gitops_tui.model.inspect import Diagnosis, all_is_well
from gitops_tui.model.text import printable, redact
from gitops_tui.model.units import cores, size
from gitops_tui.settings import Settings


def _problems(found: Iterable[str]) -> None:
    for each in found:
        print(printable(redact(f"warning: {each}")), file=sys.stderr)


def _title(chosen: Chosen) -> str:
    return str(chosen.named) if chosen.named is not None else f"application {chosen.app.key}"


def why(options: argparse.Namespace, settings: Settings) -> int:
    """The causes, the weightiest first; exit code 0 where it is well, 1 where it is not."""
    with session(options, settings) as work:
        chosen = choose(work, options.target)
        found = work.wait(work.engine.why(chosen.app.key, chosen.key, chosen.uid))
    if options.output == "json":
        json_out(shapes.diagnosis(found))
    else:
        _say(chosen, found)
        _problems(found.problems)
    well = found.health in (HealthStatus.HEALTHY, HealthStatus.SUSPENDED)
    return 0 if well and not found.causes else 1


def _say(chosen: Chosen, found: Diagnosis) -> None:
    out(f"{_title(chosen)}: {found.health.value}")
    if not found.causes:
        out(all_is_well(found) or "nothing says why")
    for number, each in enumerate(found.causes, 1):
        more = f" and {each.count - 1} more" if each.count > 1 else ""
        out(f"{number:>2}. {each.what}")
        out(f"    {each.about}{more}{f'  since {each.since}' if each.since else ''}")
        if each.message:
            out(f"    {each.message}")
    if found.log is not None:
        run = "the run before" if found.log.previous else "this run"
        out(f"last lines of {found.log.pod.name} {found.log.container} ({run}):")
        for line in found.log.lines:
            out(f"  | {line}")
        if found.log.problem:
            out(f"  {found.log.problem}")


def events(options: argparse.Namespace, settings: Settings) -> int:
    """The events of a selection and what it owns, warnings first."""
    with session(options, settings) as work:
        chosen = choose(work, options.target)
        found = work.wait(work.engine.events(chosen.app.key, chosen.key, chosen.uid))
    if options.output == "json":
        resource = shapes.key(chosen.named) if chosen.named is not None else None
        json_out({"application": str(chosen.app.key), "resource": resource, **shapes.events(found)})
        return 0
    for each in found.lines:
        when = f"{each.last:%Y-%m-%d %H:%M:%S}Z" if each.last is not None else "-"
        first = f" since {each.first:%H:%M:%S}Z" if each.first is not None and each.first != each.last else ""
        count = f" x{each.count}{first}" if each.count > 1 else ""
        sign = "!" if each.warning else " "
        out(f"{sign} {when}  {each.reason:20} {each.about.kind}/{each.about.name}  {each.message}{count}")
    if not found.lines:
        out("no events")
    _problems(found.problems)
    return 0


def links(options: argparse.Namespace, settings: Settings) -> int:
    """Where a selection can be reached."""
    with session(options, settings) as work:
        chosen = choose(work, options.target)
        found = work.wait(work.engine.links(chosen.app.key, chosen.key, chosen.uid))
    if options.output == "json":
        resource = shapes.key(chosen.named) if chosen.named is not None else None
        json_out(
            {"application": str(chosen.app.key), "resource": resource, "links": [shapes.link(each) for each in found]}
        )
        return 0
    for each in found:
        title = f"  {each.title}" if each.title else ""
        out(f"{each.url}{title}  {each.about.kind}/{each.about.name}")
    if not found:
        out("no links")
    return 0


def orphaned(options: argparse.Namespace, settings: Settings) -> int:
    """What stands in an application's namespaces and belongs to no application."""
    with session(options, settings) as work:
        state = work.application(options.app)
        found = work.wait(work.engine.orphaned(state.key))
    if options.output == "json":
        json_out(shapes.orphans(found))
        return 0
    for each in found.orphans:
        made = f"{each.created:%Y-%m-%d}" if each.created is not None else "-"
        out(f"{made}  {each.key.namespace:20} {each.key.group_kind}/{each.key.name}  {each.managed_by}".rstrip())
    if not found.orphans:
        blind = " as far as can be seen" if found.problems else ""
        out(f"everything in {', '.join(found.namespaces)} belongs to an application{blind}")
    _problems(found.problems)
    return 0


def usage(options: argparse.Namespace, settings: Settings) -> int:
    """What Pods use of what they request and may use; nothing where the cluster has no metrics."""
    with session(options, settings) as work:
        chosen = choose(work, options.target)
        found = work.wait(work.engine.usage(chosen.app.key, chosen.key, chosen.uid))
    if options.output == "json":
        json_out(shapes.usage_report(found))
        return 0
    lines = [(f"{each.key.kind}/{each.key.name}", each.usage) for each in found.rows]
    if found.total is not None and len(lines) > 1:
        lines.append(("total", found.total))
    for name, each in lines:
        cpu = _share(cores(each.cpu), each.cpu, each.cpu_request, each.cpu_limit, cores)
        memory = _share(size(each.memory), each.memory, each.memory_request, each.memory_limit, size)
        out(
            f"{name:<40} {each.pods:>4} {'pod ' if each.pods == 1 else 'pods'}  cpu {cpu:<44}  memory {memory}".rstrip()
        )
    if not lines and not found.problems:
        out("nothing is measured" if found.metrics else "the cluster has no metrics (metrics.k8s.io)")
    _problems(found.problems)
    return 0


def _share(now: str, value: float, request: float | None, limit: float | None, shown: Callable[[float], str]) -> str:
    bounds = [
        f"{value / bound:.0%} of {shown(bound)} {word}"
        for bound, word in ((request, "requested"), (limit, "limit"))
        if bound
    ]
    return f"{now} ({', '.join(bounds)})" if bounds else now
