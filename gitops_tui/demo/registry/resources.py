"""The kinds that the server serves: the built-in ones out of the bundled discovery, custom ones as they are defined."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from gitops_tui.demo.fields.types import Definitions, Type
from gitops_tui.model.keys import GVK
from gitops_tui.records import dataclass, field
from gitops_tui.schema import builtin

_SERVER = Path(__file__).parent.parent / "data" / "server.json.gz"
# Groups in which one version is stored, and how other versions of a kind are made of it (see `conversion`).
_STORED = {("autoscaling", "HorizontalPodAutoscaler"): "v2", ("events.k8s.io", "Event"): "v1"}


@dataclass(frozen=True, slots=True)
class Subresource:
    """A subresource as discovery tells it. kind: what it takes and gives."""

    name: str
    kind: GVK
    verbs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind in one version. storage: the version that objects are kept in. columns: of its tables, as discovery's."""

    gvk: GVK
    plural: str
    singular: str
    namespaced: bool
    verbs: tuple[str, ...]
    short_names: tuple[str, ...]
    categories: tuple[str, ...]
    subresources: Mapping[str, Subresource]
    type: Type
    storage: GVK
    columns: tuple[tuple[Any, ...], ...] = ()
    custom: Any = None
    """The version of a CustomResourceDefinition (crds.CustomVersion), None for built-in kinds."""

    @property
    def group(self) -> str:
        return self.gvk.group

    @property
    def kind(self) -> str:
        return self.gvk.kind


@lru_cache(maxsize=1)
def server_data() -> Any:
    """What data/build.py took from a real server: version, discovery, columns, go."""
    return orjson.loads(gzip.decompress(_SERVER.read_bytes()))


@lru_cache(maxsize=1)
def definitions() -> Definitions:
    return Definitions(builtin().definitions, server_data()["go"])


@lru_cache(maxsize=1)
def _builtin() -> tuple[Resource, ...]:
    data = server_data()
    schemas = builtin()
    made = []
    for root in ("api", "apis"):
        for group in data["discovery"][root]["items"]:
            name = group["metadata"].get("name", "")
            for version in group["versions"]:
                for each in version["resources"]:
                    kind = each["responseKind"]["kind"]
                    gvk = GVK(name, version["version"], kind)
                    info = schemas.kinds.get(gvk)
                    if info is None:
                        continue
                    subresources = {
                        sub["subresource"]: Subresource(
                            sub["subresource"],
                            GVK(
                                (sub.get("responseKind") or {}).get("group") or name,
                                (sub.get("responseKind") or {}).get("version") or version["version"],
                                (sub.get("responseKind") or {}).get("kind", kind),
                            ),
                            tuple(sub["verbs"]),
                        )
                        for sub in each.get("subresources") or ()
                    }
                    if (name == "" and kind == "Event") or name == "events.k8s.io":
                        storage = GVK("", "v1", "Event")
                    else:
                        storage = GVK(name, _STORED.get((name, kind)) or group["versions"][0]["version"], kind)
                        if storage not in schemas.kinds:
                            storage = gvk
                    columns = data["columns"].get(f"{name}/{version['version']}/{each['resource']}") or ()
                    made.append(
                        Resource(
                            gvk,
                            each["resource"],
                            each.get("singularResource") or "",
                            each["scope"] == "Namespaced",
                            tuple(each["verbs"]),
                            tuple(each.get("shortNames") or ()),
                            tuple(each.get("categories") or ()),
                            subresources,
                            definitions().type(info.definition),
                            storage,
                            tuple(tuple(column) for column in columns),
                        )
                    )
    return tuple(made)


@dataclass(slots=True)
class Catalogue:
    """Every served kind. `version` grows whenever a kind comes or goes."""

    version: int = 0
    _by_path: dict[tuple[str, str, str], Resource] = field(default_factory=dict)
    _by_kind: dict[GVK, Resource] = field(default_factory=dict)

    @classmethod
    def of_builtin(cls) -> Catalogue:
        made = cls()
        for resource in _builtin():
            made._put(resource)
        return made

    def _put(self, resource: Resource) -> None:
        self._by_path[resource.group, resource.gvk.version, resource.plural] = resource
        self._by_kind[resource.gvk] = resource

    def add(self, resource: Resource) -> None:
        self._put(resource)
        self.version += 1

    def drop(self, group: str, plural: str) -> None:
        """Takes away all versions of a kind."""
        for key in [key for key in self._by_path if key[0] == group and key[2] == plural]:
            resource = self._by_path.pop(key)
            self._by_kind.pop(resource.gvk, None)
        self.version += 1

    def find(self, group: str, version: str, plural: str) -> Resource | None:
        return self._by_path.get((group, version, plural))

    def of(self, gvk: GVK) -> Resource | None:
        return self._by_kind.get(gvk)

    def __iter__(self) -> Iterator[Resource]:
        return iter(self._by_path.values())

    def versions(self) -> dict[str, list[str]]:
        """Group -> its versions, as discovery lists them."""
        made: dict[str, list[str]] = {}
        for group, version, _ in self._by_path:
            listed = made.setdefault(group, [])
            if version not in listed:
                listed.append(version)
        return made

    def has_group_version(self, group: str, version: str) -> bool:
        return any(key[:2] == (group, version) for key in self._by_path)
