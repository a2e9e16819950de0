"""A Lease in the state namespace: who of several sessions does something that only one may do.

As client-go's leaderelection: whether a holder is alive is judged by when its renewals were *seen* to change, on this
machine's own steady clock, never by the times written in the Lease; so a clock that is wrong by minutes does no harm.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from gitops_tui.errors import Conflict, GitOpsError, NotFound
from gitops_tui.kube import Cluster, ResourceType
from gitops_tui.model.keys import GVK
from gitops_tui.model.text import printable
from gitops_tui.records import dataclass
from gitops_tui.settings import Settings

LEASE = ResourceType(GVK("coordination.k8s.io", "v1", "Lease"), "leases", True)
_MANAGED = {"app.kubernetes.io/managed-by": "gitops-tui"}
PROGRESS = "gitops-tui.io/progress"
# A holder that has been silent this long is gone: with a look every 2 s another takes over within 15 s.
SILENCE = 12.0
# A holder that could not renew this long no longer counts itself as one, well before anybody takes over.
_OWN_DOUBT = 9.0


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has it. identity: "" where nobody does; mine: it is this session."""

    identity: str
    mine: bool


class Lease:
    """One Lease. identity: who asks, unlike any other session's ("dana@host/4f2a"); clock: seconds that only grow."""

    def __init__(
        self,
        cluster: Cluster,
        settings: Settings,
        name: str,
        identity: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cluster = cluster
        self._namespace = settings.state_namespace
        self._name = name
        self._identity = identity
        self._clock = clock
        self._seen: tuple[Any, ...] = ()
        self._seen_at = 0.0
        self._renewed_at: float | None = None
        # What the holder tells of its work, written along with each renewal; and what another's told last.
        self.progress = ""
        self.heard = ""

    @property
    def is_mine(self) -> bool:
        """Whether this session has it, as far as its own clock lets it be sure."""
        return self._renewed_at is not None and self._clock() - self._renewed_at < _OWN_DOUBT

    @property
    def seen(self) -> tuple[Any, ...]:
        """What the Lease said when it was last looked at; it differs once its holder has renewed it."""
        return self._seen

    async def hold(self) -> Holder:
        """Takes it where it is free or its holder has gone silent, renews it where it is ours, and says who has it.
        Raises ClusterError."""
        asked = self._clock()
        found = await self._cluster.get(LEASE, self._namespace, self._name)
        try:
            if found is None:
                await self._create()
                return self._mine(asked)
            holder = self._look(found)
            if holder not in ("", self._identity) and self._clock() - self._seen_at < SILENCE:
                self._renewed_at = None
                return Holder(printable(holder), mine=False)
            await self._cluster.replace(self._object(found, self._identity, moved=holder != self._identity))
        except (Conflict, NotFound):
            # Somebody else was faster, or it was deleted: the next look tells.
            self._renewed_at = None
            return Holder("", mine=False)
        return self._mine(asked)

    async def look(self) -> Holder | None:
        """Who has it, without asking for it; None where nobody does, or the holder has gone silent. Raises
        ClusterError."""
        found = await self._cluster.get(LEASE, self._namespace, self._name)
        if found is None:
            return None
        holder = self._look(found)
        notes = (found.get("metadata") or {}).get("annotations")
        self.heard = str(notes.get(PROGRESS) or "") if isinstance(notes, Mapping) else ""
        if not holder or self._clock() - self._seen_at >= SILENCE:
            return None
        return Holder(printable(holder), mine=holder == self._identity)

    async def release(self) -> None:
        """Gives it back, where it is ours, so that nobody has to wait. Raises nothing: it runs out by itself."""
        if self._renewed_at is None:
            return
        self._renewed_at = None
        with suppress(GitOpsError):
            found = await self._cluster.get(LEASE, self._namespace, self._name)
            if found is not None and _spec(found).get("holderIdentity") == self._identity:
                await self._cluster.replace(self._object(found, "", moved=False))

    def _mine(self, asked: float) -> Holder:
        # Counted from before the request: the others count from when they saw it, which is later.
        self._renewed_at = asked
        return Holder(self._identity, mine=True)

    def _look(self, found: Mapping[str, Any]) -> str:
        """Takes note of when a Lease was last seen to change; gives its holder."""
        spec = _spec(found)
        state = tuple(spec.get(each) for each in ("holderIdentity", "renewTime", "acquireTime", "leaseTransitions"))
        if state != self._seen:
            self._seen, self._seen_at = state, self._clock()
        return str(spec.get("holderIdentity") or "")

    async def _create(self) -> None:
        made = self._object({"metadata": {}}, self._identity, moved=True)
        try:
            await self._cluster.create(made)
        except NotFound:
            metadata = {"name": self._namespace, "labels": dict(_MANAGED)}
            with suppress(Conflict):  # somebody else just made it
                await self._cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
            await self._cluster.create(made)

    def _object(self, found: Mapping[str, Any], holder: str, *, moved: bool) -> dict[str, Any]:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        old = _spec(found)
        transitions = old.get("leaseTransitions")
        spec = {
            "holderIdentity": holder,
            "leaseDurationSeconds": int(SILENCE),
            "renewTime": now,
            "acquireTime": now if moved else old.get("acquireTime") or now,
            "leaseTransitions": (transitions if isinstance(transitions, int) else 0) + int(moved),
        }
        place = {"name": self._name, "namespace": self._namespace}
        metadata = {**(found.get("metadata") or {}), **place, "labels": dict(_MANAGED)}
        notes = metadata.get("annotations")
        notes = {key: value for key, value in notes.items() if key != PROGRESS} if isinstance(notes, Mapping) else {}
        if holder and self.progress:
            notes[PROGRESS] = self.progress
        metadata["annotations"] = notes
        return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}


def _spec(found: Mapping[str, Any]) -> Mapping[str, Any]:
    spec = found.get("spec")
    return spec if isinstance(spec, Mapping) else {}
