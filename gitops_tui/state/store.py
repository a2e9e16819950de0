"""Keeps an AppRecord for each application in a ConfigMap of the state namespace, written with resourceVersion checks.

Where the cluster refuses that, the state is kept in files of the user's state folder, and `local_reason` says why.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson

from gitops_tui.errors import Conflict, Forbidden, GitOpsError, NotFound
from gitops_tui.kube import Cluster, ResourceType
from gitops_tui.model.keys import GVK, AppKey
from gitops_tui.model.record import AppRecord
from gitops_tui.settings import Settings
from gitops_tui.state.codec import KEYS, decode, encode

STATE_LABEL = "gitops-tui.io/state"
_TRIES = 6
_CONFIGMAP = ResourceType(GVK("", "v1", "ConfigMap"), "configmaps", True)
_SAFE = re.compile(r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")


def configmap_name(app: AppKey) -> str:
    """The name of an application's ConfigMap: readable where the application's name allows it, else with a hash."""
    name = app.tracking_name
    if _SAFE.match(name) and len(name) < 200 and ".." not in name:
        return f"app-{name}"
    short = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:100]
    return f"app-{short}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"


class StateStore:
    """The records of one cluster."""

    def __init__(self, cluster: Cluster, settings: Settings) -> None:
        self._cluster = cluster
        self._settings = settings
        self._folder = settings.state_folder / re.sub(r"[^A-Za-z0-9._-]+", "_", cluster.name)
        self.local_reason = ""

    async def load(self, app: AppKey) -> AppRecord:
        """The record of an application, an empty one where there is none. Raises ClusterError."""
        return self._decoded(await self._get(app), app)

    def _decoded(self, found: Mapping[str, Any] | None, app: AppKey) -> AppRecord:
        if found is None:
            return decode(self._read_file(app))
        return decode(found.get("data") or {})

    async def _get(self, app: AppKey) -> dict[str, Any] | None:
        try:
            return await self._cluster.get(_CONFIGMAP, self._settings.state_namespace, configmap_name(app))
        except Forbidden as error:
            self.local_reason = error.message
            return None

    async def update(self, app: AppKey, change: Callable[[AppRecord], AppRecord]) -> AppRecord:
        """Changes a record: reads, changes, writes; again where somebody else wrote in between.

        Raises ClusterError where the cluster can't be reached, and GitOpsError where neither place can be written.
        """
        for attempt in range(_TRIES):
            found = await self._get(app)
            if found is None and self.local_reason:
                return self._update_file(app, change)
            before = self._decoded(found, app)
            after = change(before)
            data = dict((found or {}).get("data") or {})
            for key in KEYS:
                if key in data and any(f"state's {key} " in note for note in before.notes):
                    data[f"broken.{key}"] = data[key]
                data.pop(key, None)
            data |= encode(after)
            data["application"] = str(app)
            obj: dict[str, Any] = {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {
                    **((found or {}).get("metadata") or {}),
                    "name": configmap_name(app),
                    "namespace": self._settings.state_namespace,
                    "labels": {
                        **(((found or {}).get("metadata") or {}).get("labels") or {}),
                        "app.kubernetes.io/managed-by": "gitops-tui",
                        STATE_LABEL: "application",
                    },
                },
                "data": data,
            }
            try:
                if found is None:
                    await self._create(obj)
                else:
                    await self._cluster.replace(obj)
                return after
            except Conflict:
                await asyncio.sleep(random.uniform(0.02, 0.1) * 2**attempt)  # noqa: S311
            except Forbidden as error:
                self.local_reason = error.message
                return self._update_file(app, change)
        raise GitOpsError(f"the state of {app} is being written by others all the time", hint="try again")

    async def _create(self, obj: dict[str, Any]) -> None:
        try:
            await self._cluster.create(obj)
        except NotFound:
            namespace = {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {
                    "name": self._settings.state_namespace,
                    "labels": {"app.kubernetes.io/managed-by": "gitops-tui"},
                },
            }
            try:
                await self._cluster.create(namespace)
            except Conflict:
                pass
            await self._cluster.create(obj)

    # --- the user's own state folder --------------------------------------------------------------------------------

    def _file(self, app: AppKey) -> Path:
        return self._folder / f"{configmap_name(app)}.json"

    def _read_file(self, app: AppKey) -> dict[str, Any]:
        try:
            data = orjson.loads(self._file(app).read_bytes())
        except (OSError, orjson.JSONDecodeError):
            return {}
        return data if isinstance(data, dict) else {}

    def _update_file(self, app: AppKey, change: Callable[[AppRecord], AppRecord]) -> AppRecord:
        after = change(decode(self._read_file(app)))
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=self._folder)
            with os.fdopen(handle, "wb") as file:
                file.write(orjson.dumps(encode(after)))
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self._file(app))
        except OSError as error:
            raise GitOpsError(
                f"the state of {app} can be kept neither in the cluster ({self.local_reason}) nor in {self._folder}: "
                f"{error.strerror}"
            ) from error
        return after
