"""One desired object, and where it came from."""

from __future__ import annotations

from typing import Any

from gitops_tui.model.keys import GVK, ResourceKey
from gitops_tui.records import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a manifest stands: path inside the repository, document in that file from 1, the line from 1 on which the
    document starts (0 where a renderer made the object), and the full commit SHA."""

    path: str
    document: int = 1
    line: int = 0
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One desired object. `obj` is never changed in place; whoever needs another makes a copy. digest: a hash of the
    object's canonical JSON, the same for equal objects. random: JSON pointers to the fields that the source renders otherwise each
    time, so that what stands in them says nothing."""

    key: ResourceKey
    api_version: str
    obj: dict[str, Any]
    origin: Origin
    digest: str
    random: tuple[str, ...] = ()

    @property
    def gvk(self) -> GVK:
        return GVK.of(self.api_version, self.key.kind)
