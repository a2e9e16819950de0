"""The header's items out of a Snapshot: where we are, whether it is live, and the counts, each of which jumps."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from gitops_tui.model.health import HealthStatus
from gitops_tui.model.snapshot import ClusterState, Link, RepositoryState, Snapshot
from gitops_tui.model.sync import SyncStatus
from gitops_tui.model.text import printable, redact
from gitops_tui.records import replace
from gitops_tui.tui.bar import Item
from gitops_tui.tui.paint import cut
from gitops_tui.tui.windowwords import is_held
from gitops_tui.tui.words import HEALTH_ROLES, HEALTH_SIGNS, age, plural

_ORDER = (Link.LIVE, Link.CONNECTING, Link.RECONNECTING, Link.FAILED)


def header_items(snapshot: Snapshot, *, title: str, read_only: bool) -> list[Item]:
    """The header, from left to right."""
    items = [Item(printable(f"gitops-tui {title}".strip()), "bold text", "help", 9)]
    items += _clusters(snapshot.clusters)
    items += _repositories(snapshot.repositories)
    if snapshot.worker:
        items.append(Item(f"worker: {printable(snapshot.worker)}", "muted", "", 8))
    if read_only:
        items.append(Item("read-only", "warn", "", 0))
    return items + _counts(snapshot)


def _clusters(clusters: tuple[ClusterState, ...]) -> list[Item]:
    if not clusters:
        return []
    worst = max(clusters, key=lambda each: _ORDER.index(each.link))
    name = printable(worst.name) if len(clusters) == 1 else f"{len(clusters)} clusters"
    items = [Item(cut(name, 32), "head", "next_application", 0)]
    if worst.link is Link.LIVE:
        return [*items, Item("live", "ok", "", 2)]
    which = f"{printable(worst.name)} " if len(clusters) > 1 else ""
    since = f"{worst.since.astimezone():%H:%M:%S}"
    if worst.link is Link.CONNECTING:
        return [*items, Item(f"{which}… connecting", "info", "errors", 1)]
    said = "reconnecting" if worst.link is Link.RECONNECTING else "failed"
    message = f": {printable(redact(worst.message))}" if worst.message else ""
    short = f"{which}{said}, stale since {since}"
    return [*items, Item(f"✗ {short}{message}", "bad", "errors", 6, f"✗ {short}", keep=True)]


def _repositories(repositories: tuple[RepositoryState, ...]) -> list[Item]:
    if not repositories:
        return []
    broken = [each for each in repositories if each.error]
    if len(repositories) > 1:
        items = [Item(f"{len(repositories)} repositories", "text", "", 4)]
    else:
        one = repositories[0]
        name = printable(redact(one.url).rstrip("/").rpartition("/")[2].removesuffix(".git") or one.url)
        items = [Item(f"{cut(name, 24)}@{printable(one.revision)}", "text", "history", 6)]
        if one.head is not None:
            items.append(Item(one.head.short, "text", "history", 5, joined=True))
            subject = f'"{printable(one.head.subject)}"'
            items.append(Item(cut(subject, 60), "text", "history", 8, cut(subject, 24), joined=True))
            items.append(Item(age(one.head.commit_time), "muted", "history", 7, joined=True))
    if broken:
        since = f" since {broken[0].fetched.astimezone():%H:%M:%S}" if broken[0].fetched else ""
        items.append(Item(f"✗ git: stale{since}", "bad", "errors", 3, "✗ git"))
    return items


def _counts(snapshot: Snapshot) -> list[Item]:
    apps = snapshot.applications.values()
    sync = Counter(each.sync for each in apps if not each.loading and not each.errors)
    health = Counter(each.health for each in apps if not each.loading)
    loading = sum(each.loading for each in apps)
    errors = sum(bool(each.errors) for each in apps)
    if not apps and snapshot.starting:
        return [Item("… loading", "muted", right=True)]
    items = [Item(plural(len(apps), "app"), "text", "next_application", 5, f"{len(apps):,}")]
    for number, sign, role, action, drop in (
        (loading, "…", "muted", "next_application", 0),
        (sync[SyncStatus.SYNCED], "✓", "ok", "next_where('synced')", 4),
        (sync[SyncStatus.OUT_OF_SYNC], "✗", "bad", "next_where('outofsync')", 0),
        (sync[SyncStatus.UNKNOWN], "?", "warn", "next_where('unknown')", 0),
        (errors, "✗ error" if errors == 1 else "✗ errors", "bad", "next_where('error')", 0),
    ):
        if number:
            items.append(Item(f"{number:,} {sign}", role, action, drop))
    for status in (HealthStatus.DEGRADED, HealthStatus.MISSING, HealthStatus.PROGRESSING, HealthStatus.SUSPENDED):
        if health[status]:
            action = f"next_where('{status.value.lower()}')"
            items.append(Item(f"{health[status]:,} {HEALTH_SIGNS[status]}", HEALTH_ROLES[status], action, 3))
    now = datetime.now(UTC)
    paused = sum(each.record.pause is not None and each.record.pause.active(now) for each in apps)
    if paused:
        items.append(Item(f"{paused:,} ⏸ paused", "warn", "", 3, f"{paused:,} ⏸"))
    held = sum(is_held(each) for each in apps)
    if held:
        items.append(Item(f"{held:,} ⊘ in a window", "warn", "windows", 3, f"{held:,} ⊘"))
    if snapshot.conditions:
        items.append(Item(f"{len(snapshot.conditions)} to read (E)", "warn", "errors", 0))
    return [replace(each, right=True) for each in items]
