"""What custom resources own, for whoever looks at an application that has some: a part of `Engine`."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from contextlib import suppress
from typing import Final

from gitops_tui.errors import ClusterError
from gitops_tui.health.objects import part, word
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.snapshot import ResourceState
from gitops_tui.reconcile.beneath import Beneath, Live, Look, is_custom
from gitops_tui.reconcile.part import EnginePart

_APPLICATIONS: Final = 8
"""Applications that are followed; of those looked at before, the ones looked at last."""
# Seconds: between a change and the look after it; to the look after that one; the gap between two looks, which doubles.
_SOON, _LATER, _GAP, _LONGEST_GAP = 1.0, 8.0, 2.0, 120.0
_AGAIN: Final = 15.0
_LOOKING: Final = 20.0


class BeneathCommands(EnginePart):
    """The engine's part of it."""

    beneath: dict[str, Beneath]

    def look_beneath(self, app: AppKey) -> Future[None]:
        return asyncio.run_coroutine_threadsafe(self._look_beneath(app), self.loop)

    async def _look_beneath(self, app: AppKey) -> None:
        """Begins to look at an application, if that was not begun already, and waits a while for what is beneath its
        custom resources. Raises GitOpsError where there is no such application."""
        runtime = self.runtime(app)
        if not self.settings.owned_by_custom_resources:
            return
        place = self.beneath.get(app.cluster)
        if place is None:
            cluster = self.session(runtime).cluster
            place = self.beneath[app.cluster] = Beneath(cluster, lambda obj: self._mark(app.cluster, obj))
        look = place.looks.get(app)
        if look is None:
            look = place.looks[app] = Look(app)
            look.task = self.spawn(self._follow_beneath(place, look))
        place.looks.move_to_end(app)
        while len(place.looks) > _APPLICATIONS:
            await place.leave(next(iter(place.looks)))
        if not self._roots(app):
            return
        first = not look.ready.is_set()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOKING):
                await look.ready.wait()
        if first:
            await place.listed(look)
            self.settle(runtime)
            self.publish()

    def _roots(self, app: AppKey) -> dict[str, Live]:
        """The live custom resources of an application, by uid."""
        runtime = self.runtimes.get(app)
        found = runtime.resources.values() if runtime is not None else ()
        made = {word(part(each.live, "metadata"), "uid"): each.live for each in found if is_root(each)}
        return {uid: dict(live) for uid, live in made.items() if uid and live is not None}

    async def _follow_beneath(self, place: Beneath, look: Look) -> None:
        gap, later, clock = _GAP, False, self.loop.time
        while (runtime := self.runtimes.get(look.app)) is not None:
            await self.session(runtime).connected.wait()
            look.news.clear()
            roots = self._roots(look.app)
            home = {key.namespace for key in runtime.resources if key.namespace}
            try:
                fresh = await place.look(look, roots, home) if roots or look.unseen else False
            except ClusterError:
                # The link is down, or the server busy: the connection's own state says so.
                look.ready.set()
                await asyncio.sleep(_AGAIN)
                continue
            if roots:
                look.ready.set()
            since = clock()
            try:
                async with asyncio.timeout(_LATER if later else None):
                    await look.news.wait()
            except TimeoutError:
                later = False
                continue
            later = True
            quiet = fresh or clock() - since > gap
            gap = _GAP if quiet else min(gap * 2, _LONGEST_GAP)
            await asyncio.sleep(_SOON if quiet else gap)
        self.spawn(place.leave(look.app))

    def custom_changed(self, app: AppKey, state: ResourceState) -> None:
        """An object of an application, or what is beneath it, is another than before."""
        place = self.beneath.get(app.cluster)
        look = place.looks.get(app) if place is not None else None
        if look is not None and is_root(state):
            look.news.set()

    def _mark(self, cluster: str, obj: Live) -> None:
        """An object above something that changed: where it is one of an application's, it is to be looked at again."""
        key = ResourceKey.of(obj)
        for app in self.beneath[cluster].looks:
            runtime = self.runtimes.get(app)
            if runtime is not None and key in runtime.resources:
                runtime.dirty.add(key)
                self.wake()

    async def watch_beneath(self, cluster: str) -> None:
        """What else is watched on a cluster is another now."""
        if (place := self.beneath.get(cluster)) is not None:
            await place.set_watches()

    async def close_beneath(self) -> None:
        await asyncio.gather(*(each.close() for each in self.beneath.values()))


def is_root(state: ResourceState) -> bool:
    """Whether a resource is one that may own what only its operator knows."""
    return state.live is not None and is_custom(state.key.group)
