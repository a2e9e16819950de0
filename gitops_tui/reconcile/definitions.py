"""CustomResourceDefinitions that come, change and go while a session runs.

One watch of their metadata tells; what they define is read again a moment later, so that new kinds and changed types
count within seconds. Only where the user may watch them: else a refresh or a new connection reads them, as before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from gitops_tui.errors import ClusterError, Unreachable
from gitops_tui.kube import Cluster, LiveStore, ResourceType
from gitops_tui.kube.informer import Informer, WatchSpec, WatchStatus
from gitops_tui.kube.store import Live
from gitops_tui.model.keys import GVK

CRD = GVK("apiextensions.k8s.io", "v1", "CustomResourceDefinition")
# A new one is served a moment after it was made, and an operator brings several at once.
_CALM = 0.5
_TRIES = 8
_AGAIN = 5.0


class Definitions:
    """Follows one cluster's. on_change is awaited once they have been calm for a moment. Everything runs on the loop."""

    def __init__(self, cluster: Cluster, on_change: Callable[[], Awaitable[None]]) -> None:
        self._cluster = cluster
        self._on_change = on_change
        self._store = LiveStore()
        self._informer: Informer | None = None
        self._news = asyncio.Event()
        self._listed = False

    async def follow(self) -> None:
        """Runs until it is cancelled; ends at once where they may not be watched."""
        kind = self._cluster.discovery.get(CRD)
        if kind is None or "watch" not in kind.verbs or not await self._may(kind):
            return
        spec = WatchSpec(kind, keep_managed_fields=False, metadata_only=True)
        self._informer = Informer(spec, self._cluster.transport, self._store, self._changed, self._told)
        self._informer.start()
        try:
            while True:
                await self._news.wait()
                while self._news.is_set():
                    self._news.clear()
                    await asyncio.sleep(_CALM)
                try:
                    await self._on_change()
                    await self._served()
                except ClusterError:
                    # The link is down: it is read once it is back.
                    await asyncio.sleep(_AGAIN)
                    self._news.set()
        finally:
            await self._informer.stop()

    async def _may(self, kind: ResourceType) -> bool:
        while True:
            try:
                return await self._cluster.can_i("list", kind) and await self._cluster.can_i("watch", kind)
            except Unreachable:
                await asyncio.sleep(_AGAIN)
            except ClusterError:
                return False

    def _told(self, _: object) -> None:
        if self._listed or self._informer is None or self._informer.status()[0] is not WatchStatus.SYNCED:
            return
        self._listed = True
        if self._missing():
            # It came between the connection's reading and this.
            self._news.set()

    def _changed(self, _: object, old: Live | None, new: Live | None) -> None:
        if not self._listed:
            return  # the first list: what the connection has just read
        if old is not None and new is not None:
            before, after = (each["metadata"].get("generation") for each in (old, new))
            if before == after:
                return
        self._news.set()

    async def _served(self) -> None:
        """Looks again until each kind that is defined is served: the API server takes a moment."""
        for number in range(_TRIES):
            if self._news.is_set() or not self._missing():
                return
            await asyncio.sleep(_CALM * (number + 1))
            await self._on_change()

    def _missing(self) -> bool:
        served = {f"{each.plural}.{each.gvk.group}" for each in self._cluster.discovery.all()}
        there = self._store.of_kind(CRD).values()
        return any(
            each["metadata"].get("name") not in served
            for each in there
            if not each["metadata"].get("deletionTimestamp")
        )
