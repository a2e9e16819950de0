"""One cluster under work: connects and reconnects, watches what its applications need, tells the worker what changed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gitops_tui.errors import ClusterError, Unreachable
from gitops_tui.kube import Cluster, ContextInfo, ResourceType, WatchSpec, WatchStatus
from gitops_tui.model.keys import GVK
from gitops_tui.model.snapshot import ClusterState, Link
from gitops_tui.model.text import printable, redact
from gitops_tui.reconcile.definitions import Definitions
from gitops_tui.reconcile.owned import kinds_below
from gitops_tui.reconcile.rules import AUTOSCALER, is_scalable
from gitops_tui.reconcile.types import Types
from gitops_tui.schema import SchemaSet
from gitops_tui.settings import Settings
from gitops_tui.state import StateStore

CONFIGMAP = GVK("", "v1", "ConfigMap")
PROJECT = GVK("argoproj.io", "v1alpha1", "AppProject")
# Seconds between two signs of life that are asked for, and how long one may take.
_PULSE = 15.0
_PULSE_WAIT = 10.0


class ClusterSession:
    """A connection that keeps itself up. on_connected is awaited after each connect; on_change and on_link are called,
    on_link with the kind of which more or less is known now, None where the connection itself is meant. on_kinds is
    awaited when the cluster's own kinds have changed; None: nobody follows them. beneath: whether what objects own is watched."""

    def __init__(
        self,
        context: ContextInfo,
        kubeconfig: Path | None,
        settings: Settings,
        *,
        on_connected: Callable[[ClusterSession], Any],
        on_change: Callable[[ClusterSession, ResourceType, Any, Any], None],
        on_link: Callable[[ClusterSession, ResourceType | None], None],
        on_kinds: Callable[[ClusterSession], Any] | None = None,
        beneath: bool = True,
    ) -> None:
        self.settings = settings
        self._beneath = beneath
        self.cluster = Cluster(
            context,
            kubeconfig,
            settings,
            on_change=lambda kind, old, new: on_change(self, kind, old, new),
            on_status=lambda kind: self._status(kind),
        )
        self.store = StateStore(self.cluster, settings)
        self._types = Types(self.cluster)
        self.connected = asyncio.Event()
        self.stale_since: datetime | None = None
        self.error: ClusterError | None = None
        self._on_connected = on_connected
        self._on_link = on_link
        self._on_kinds = on_kinds
        # What is to be watched, and what is by now.
        self.wanted: frozenset[tuple[GVK, str]] = frozenset()
        self.covered: frozenset[tuple[GVK, str]] = frozenset()
        self._watched: set[GVK] = set()
        self._below: set[GVK] = set()
        self._mute = ""
        # set_watches: how often it was asked for, and up to which time it was done.
        self.asking = asyncio.Lock()
        self.asked = self.answered = 0
        self.state = ClusterState(context.name, Link.CONNECTING, datetime.now(UTC), context.server)

    @property
    def schemas(self) -> SchemaSet:
        """The types of its kinds, as far as they are known."""
        return self._types.schemas

    def _link(self, link: Link, message: str = "") -> None:
        if (self.state.link, self.state.message) != (link, message):
            self.state = ClusterState(
                self.cluster.name,
                link,
                datetime.now(UTC),
                self.cluster.server,
                self.cluster.version,
                self.cluster.user or self.cluster.context.user,
                message,
            )
            self._on_link(self, None)

    def _status(self, kind: ResourceType | None) -> None:
        if not self.connected.is_set():
            return
        stale = [gvk for gvk in self._watched if self.cluster.status(gvk)[0] is WatchStatus.STALE]
        if stale or self._mute:
            if self.stale_since is None:
                self.stale_since = datetime.now(UTC)
            self._link(Link.RECONNECTING, self._mute or self.cluster.status(stale[0])[1])
        else:
            self.stale_since = None
            self._link(Link.LIVE)
        if kind is not None:
            self._on_link(self, kind)

    async def _pulse(self) -> None:
        """Asks for a sign of life now and then: a watch on which nothing comes may be quiet, or cut off."""
        while True:
            await asyncio.sleep(_PULSE)
            try:
                async with asyncio.timeout(_PULSE_WAIT):
                    await self.cluster.ping()
                mute = ""
            except TimeoutError:
                mute = f"{printable(redact(self.cluster.server))} has not answered for {_PULSE_WAIT:.0f} s"
            except Unreachable as error:
                mute = error.message
            except ClusterError:
                # It answered, if only with a refusal.
                mute = ""
            if mute != self._mute:
                self._mute = mute
                self._status(None)

    async def run(self) -> None:
        """Connects, again and again with backoff until it works; then watches over the connection. Never ends."""
        delay = 0.5
        while True:
            try:
                await self.cluster.connect()
                self.error = None
                self.connected.set()
                self._link(Link.LIVE)
                await self._on_connected(self)
                break
            except ClusterError as error:
                self.error = error
                self._link(Link.FAILED, str(error))
            await asyncio.sleep(delay * random.uniform(0.8, 1.2))  # noqa: S311
            delay = min(delay * 2, 30.0)
        if self._on_kinds is None:
            await self._pulse()
            return
        async with asyncio.TaskGroup() as group:
            group.create_task(Definitions(self.cluster, self._kinds_changed).follow())
            group.create_task(self._pulse())

    async def _kinds_changed(self) -> None:
        """Definitions came, changed or went: what is served and of which types is read again."""
        await self.refresh_kinds()
        if self._on_kinds is not None:
            await self._on_kinds(self)

    async def refresh_kinds(self) -> None:
        """Asks again which kinds there are."""
        await self.cluster.refresh_discovery()
        await self._types.learn_anew()

    async def watch(self, wanted: Iterable[tuple[GVK, str]]) -> None:
        """Watches these kinds, what they own, and our own state."""
        self.wanted = frozenset(wanted)
        wanted = self.wanted
        namespaces: dict[GVK, set[str]] = {}
        for gvk, namespace in wanted:
            namespaces.setdefault(gvk, set()).add(namespace)
        await self._types.learn(namespaces)
        everywhere = {each for some in namespaces.values() for each in some if each}
        specs: dict[GVK, WatchSpec] = {}
        for gvk, places in namespaces.items():
            kind = self.cluster.discovery.get(gvk)
            if kind is not None and "watch" in kind.verbs:
                specs[gvk] = WatchSpec(kind, frozenset(each for each in places if each))
        beside = {AUTOSCALER} if any(is_scalable(gvk.kind) for gvk in namespaces) else set()
        below = kinds_below((gvk.group, gvk.kind) for gvk in namespaces) if self._beneath else set()
        for gvk in {*below, *beside}:
            kind = self.cluster.discovery.get(gvk)
            if gvk not in specs and kind is not None:
                specs[gvk] = WatchSpec(kind, frozenset(everywhere), keep_managed_fields=False)
        if CONFIGMAP not in specs:
            kind = self.cluster.discovery.get(CONFIGMAP)
            if kind is not None:
                specs[CONFIGMAP] = WatchSpec(kind, only_namespace=self.settings.state_namespace)
        project = self.cluster.discovery.get(PROJECT)
        if project is not None and PROJECT not in specs and self.settings.argocd_namespace:
            if "watch" in project.verbs:
                specs[PROJECT] = WatchSpec(project, only_namespace=self.settings.argocd_namespace)
        self._watched = set(namespaces) & set(specs)
        self._below = set(specs) - self._watched
        await self.cluster.set_watches(specs.values())
        self.covered = wanted

    def pending(self, *, below: bool = False) -> bool:
        """Whether a kind that is needed has not been listed yet; below: one that they own counts as well."""
        kinds = self._watched | self._below if below else self._watched
        return any(self.cluster.status(gvk)[0] is WatchStatus.PENDING for gvk in kinds)
