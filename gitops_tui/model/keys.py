"""Names of things: kinds, objects and applications. Names meet only in full."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

_DIGITS = re.compile(r"([0-9]+)")
Sorted = tuple[str, str, tuple[str | int, ...], tuple[str | int, ...], str]


class GVK(NamedTuple):
    """Group, version and kind; the core group is "" ."""

    group: str
    version: str
    kind: str

    @classmethod
    def of(cls, api_version: str, kind: str) -> GVK:
        """From an object's `apiVersion` ("v1", "apps/v1") and `kind`."""
        return _gvk(api_version, kind)

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    def __str__(self) -> str:
        return f"{self.api_version} {self.kind}"


@lru_cache(maxsize=4096)
def _gvk(api_version: str, kind: str) -> GVK:
    group, _, version = api_version.rpartition("/")
    return GVK(group, version, kind)


class ResourceKey(NamedTuple):
    """How desired and live meet: group, kind, namespace ("" for cluster-scoped) and name; no version."""

    group: str
    kind: str
    namespace: str
    name: str

    @classmethod
    def of(cls, obj: dict[str, Any]) -> ResourceKey:
        """From an object with apiVersion, kind and metadata.name."""
        metadata = obj.get("metadata") or {}
        gvk = GVK.of(str(obj.get("apiVersion") or ""), str(obj.get("kind") or ""))
        return cls(gvk.group, gvk.kind, str(metadata.get("namespace") or ""), str(metadata.get("name") or ""))

    @property
    def group_kind(self) -> str:
        """As kubectl writes it: "Deployment.apps", "Service"."""
        return f"{self.kind}.{self.group}" if self.group else self.kind

    def __str__(self) -> str:
        where = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.group_kind} {where}"


class AppKey(NamedTuple):
    """An application in full. cluster: the name of a kubeconfig context; namespace: "" for the default one."""

    cluster: str
    namespace: str
    name: str

    @property
    def tracking_name(self) -> str:
        """What objects carry: "name", or "namespace_name" outside the default namespace, as Argo CD writes it
        (docs/operator-manual/app-any-namespace.md)."""
        return f"{self.namespace}_{self.name}" if self.namespace else self.name

    @property
    def names(self) -> tuple[str, str, str]:
        """What a person may call it."""
        return (str(self), self.name, f"{self.cluster}/{self}")

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


def natural(text: str) -> tuple[str | int, ...]:
    """What to sort a name by, so that web-2 comes before web-10: its words and its numbers, in turn."""
    return tuple(each if at % 2 == 0 else _number(each) for at, each in enumerate(_DIGITS.split(text)))


def _number(digits: str) -> int:
    # Longer ones are no counters; int() would take long for them.
    return int(digits) if len(digits) < 20 else 10**20


@lru_cache(maxsize=100_000)
def in_order(key: ResourceKey) -> Sorted:
    """What to sort keys by where a person reads them: by group, kind, namespace and name, numbers as numbers."""
    return key.group, key.kind, natural(key.namespace), natural(key.name), key.name
