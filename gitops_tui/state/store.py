"""Keeps an AppRecord for each application in a ConfigMap of the state namespace, written with resourceVersion checks.

Where the cluster refuses that, the state is kept in files of the user's state folder, and `local_reason` says why.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from gitops_tui.errors import Conflict, Forbidden, GitOpsError, NotFound
from gitops_tui.kube import Cluster, ResourceType
from gitops_tui.model.keys import GVK, AppKey
from gitops_tui.model.record import AppRecord
from gitops_tui.records import dataclass, replace
from gitops_tui.settings import Settings
from gitops_tui.state.codec import decode, merge
from gitops_tui.state.files import Kept, read_file, remove_file, write_file
from gitops_tui.state.lease import LEASE

STATE_LABEL = "gitops-tui.io/state"
_TRIES = 6
_CONFIGMAP = ResourceType(GVK("", "v1", "ConfigMap"), "configmaps", True)
# RFC 1123 subdomain, as the API server checks names.
_SAFE = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_MANAGED = {"app.kubernetes.io/managed-by": "gitops-tui"}


def configmap_name(app: AppKey) -> str:
    """The name of an application's ConfigMap: readable where the application's name allows it, else with a hash."""
    name = app.tracking_name
    if _SAFE.fullmatch(name) and len(name) < 200:
        return f"app-{name}"
    short = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:100]
    return f"app-{short}-{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class _Current:
    """A record as it is now. found: its ConfigMap, None where there is none (or it may not be read: `readable`).
    data: what the record was read from."""

    record: AppRecord
    found: Mapping[str, Any] | None
    data: Mapping[str, Any]
    readable: bool


class StateStore:
    """The records of one cluster. local_reason: why state is kept on this machine only, "" where the cluster has it."""

    def __init__(self, cluster: Cluster, settings: Settings) -> None:
        self._cluster = cluster
        self._settings = settings
        self._folder = settings.state_folder / _folder_name(cluster.name)
        self.local_reason = ""

    async def load(self, app: AppKey) -> AppRecord:
        """The record of an application, an empty one where there is none. Raises ClusterError."""
        return (await self._current(app)).record

    async def load_all(self) -> dict[str, AppRecord]:
        """The records in the cluster by the application's name as written in them ("name" or "namespace/name").
        Raises ClusterError."""
        selector = f"{STATE_LABEL}=application"
        found = await self._cluster.list(_CONFIGMAP, self._settings.state_namespace, selector)
        return {str(data["application"]): decode(data) for each in found if (data := _data(each)).get("application")}

    async def _current(self, app: AppKey) -> _Current:
        found, readable = None, True
        try:
            found = await self._cluster.get(_CONFIGMAP, self._settings.state_namespace, configmap_name(app))
        except Forbidden as error:
            self.local_reason = error.message
            readable = False
        kept = await asyncio.to_thread(read_file, self._file(app))
        if kept is not None and kept.base == _version(found):
            # Written here because the cluster refused it, and nobody has written there since.
            self.local_reason = self.local_reason or kept.reason
            record = decode(kept.data)
            if kept.note:
                record = replace(record, notes=(*record.notes, kept.note))
            return _Current(record, found, kept.data, readable)
        return _Current(decode(_data(found)), found, _data(found), readable)

    async def update(self, app: AppKey, change: Callable[[AppRecord], AppRecord]) -> AppRecord:
        """Changes a record: reads, changes, writes; again where somebody else wrote in between.

        Raises ClusterError where the cluster can't be reached, and GitOpsError where neither place can be written.
        """
        for attempt in range(_TRIES):
            now = await self._current(app)
            data = {**merge(now.data, change(now.record)), "application": str(app)}
            try:
                if now.found is None:
                    await self._create(self._object(app, None, data))
                else:
                    await self._cluster.replace(self._object(app, now.found, data))
            except (Conflict, NotFound) as error:
                # Written, made or deleted by somebody else since it was read.
                if now.readable:
                    await asyncio.sleep(random.uniform(0.02, 0.1) * 2**attempt)  # noqa: S311
                    continue
                self.local_reason = self.local_reason or error.message
            except Forbidden as error:
                self.local_reason = error.message
            else:
                self.local_reason = ""
                await asyncio.to_thread(remove_file, self._file(app))
                return decode(data)
            kept = Kept(data, _version(now.found), self.local_reason)
            await asyncio.to_thread(write_file, self._file(app), kept)
            return decode(data)
        raise GitOpsError(f"the state of {app} is being written by others all the time", hint="try again")

    async def remove(self, app: AppKey) -> None:
        """Deletes what is kept of an application, and the Lease of its operations. Raises ClusterError."""
        name, namespace = configmap_name(app), self._settings.state_namespace
        for kind in (_CONFIGMAP, LEASE):
            found = await self._cluster.get(kind, namespace, name)
            if found is not None:
                uid = found["metadata"]["uid"]
                await self._cluster.delete(kind, namespace, name, uid=uid, propagation="Background")
        await asyncio.to_thread(remove_file, self._file(app))

    def _object(self, app: AppKey, found: Mapping[str, Any] | None, data: Mapping[str, Any]) -> dict[str, Any]:
        metadata = (found or {}).get("metadata") or {}
        labels = {**(metadata.get("labels") or {}), **_MANAGED, STATE_LABEL: "application"}
        place = {"name": configmap_name(app), "namespace": self._settings.state_namespace}
        # What else stands in the object (a hand's binaryData, annotations) stays.
        head = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {**metadata, **place, "labels": labels}}
        return {**(found or {}), **head, "data": dict(data)}

    async def _create(self, obj: dict[str, Any]) -> None:
        try:
            await self._cluster.create(obj)
        except NotFound:
            metadata = {"name": self._settings.state_namespace, "labels": dict(_MANAGED)}
            with suppress(Conflict):  # somebody else just made it
                await self._cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
            await self._cluster.create(obj)

    def _file(self, app: AppKey) -> Path:
        return self._folder / f"{configmap_name(app)}.json"


def _version(found: Mapping[str, Any] | None) -> str:
    return str(((found or {}).get("metadata") or {}).get("resourceVersion") or "")


def _data(found: Mapping[str, Any] | None) -> Mapping[str, Any]:
    data = (found or {}).get("data")
    return data if isinstance(data, Mapping) else {}


def _folder_name(context: str) -> str:
    """A folder for a context; one whose name is changed by that, or is none, gets a hash, so that no two meet."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "_", context)[:100]
    if safe == context and safe.strip("."):
        return safe
    return f"{safe.strip('.')}-{hashlib.sha256(context.encode('utf-8', 'replace')).hexdigest()[:12]}"
