"""CPU and memory as lines of text: a sparkline of the last samples, the newest in words, and how much of the bounds it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gitops_tui.model.inspect import UsageSeries
from gitops_tui.model.units import cores, size
from gitops_tui.tui.paint import Pieces

_BARS = "▁▂▃▄▅▆▇█"
_SHOWN = 20
# From here on a limit is near: throttled CPU, a killed container.
_NEAR = 0.9
KINDS = frozenset(
    (
        "Pod",
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "ReplicaSet",
        "ReplicationController",
        "Job",
        "CronJob",
        "Rollout",
    )
)


def usage_lines(series: UsageSeries | None) -> list[Pieces]:
    """Two lines, none where nothing is measured."""
    if series is None or not series.samples:
        return []
    last = series.samples[-1]
    cpu = [each.cpu for each in series.samples]
    memory = [each.memory for each in series.samples]
    return [
        _line("cpu", cpu, cores(last.cpu), last.cpu_request, last.cpu_limit, cores),
        _line("memory", memory, size(last.memory), last.memory_request, last.memory_limit, size),
    ]


def _line(
    name: str,
    values: Sequence[float],
    now: str,
    request: float | None,
    limit: float | None,
    shown: Callable[[float], str],
) -> Pieces:
    top = max((each for each in (limit, request, max(values)) if each), default=0.0)
    pieces: Pieces = [(f" {name:<7}", "muted"), (spark(values[-_SHOWN:], top), "info"), (f" {now}", "text")]
    for bound, word in ((request, "requested"), (limit, "limit")):
        if bound:
            share = values[-1] / bound
            role = "bad" if word == "limit" and share >= _NEAR else "muted"
            pieces.append((f" · {share:.0%} of {shown(bound)} {word}", role))
    if not limit:
        pieces.append((" · no limit", "muted"))
    return pieces


def spark(values: Sequence[float], top: float) -> str:
    """A bar for each value, the full one at `top`."""
    if top <= 0:
        return _BARS[0] * len(values)
    return "".join(_BARS[min(len(_BARS) - 1, int(max(0.0, each) / top * len(_BARS)))] for each in values)
