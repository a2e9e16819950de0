"""Types by kind: the bundled ones, and those of a cluster's own CustomResourceDefinitions."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from gitops_tui.model.keys import GVK
from gitops_tui.records import dataclass
from gitops_tui.schema.nodes import Node, from_structural

_DATA = Path(__file__).parent / "data" / "kubernetes.json.gz"


@dataclass(frozen=True, slots=True)
class KindInfo:
    """A built-in kind as the API server's discovery tells it."""

    gvk: GVK
    plural: str
    singular: str
    namespaced: bool
    verbs: tuple[str, ...]
    short_names: tuple[str, ...]
    categories: tuple[str, ...]
    subresources: tuple[str, ...]
    definition: str


class SchemaSet:
    """Types by kind. `builtin()` has Kubernetes' own; `with_crd` adds custom ones."""

    def __init__(
        self, definitions: Mapping[str, Any], kinds: Mapping[GVK, KindInfo], custom: Mapping[GVK, Node] | None = None
    ) -> None:
        self.definitions = definitions
        self.kinds = kinds
        self._custom = dict(custom or {})
        self._nodes: dict[GVK, Node | None] = {}
        self._by_words: dict[tuple[str, str], Node | None] = {}

    def node_of(self, api_version: object, kind: object) -> Node | None:
        """The type of an object's kind by the words that the object itself uses."""
        if not isinstance(api_version, str) or not isinstance(kind, str):
            return None
        words = (api_version, kind)
        try:
            return self._by_words[words]
        except KeyError:
            if len(self._by_words) > 10_000:
                self._by_words.clear()
            found = self._by_words[words] = self.node(GVK.of(api_version, kind))
            return found

    def node(self, gvk: GVK) -> Node | None:
        """The type of a kind's objects, None where it is not known. Of Kubernetes' own kinds those of another version tell
        more than none: most fields are the same, and so is what the API server makes of them."""
        return self.exact(gvk) or self._of_another_version(gvk)

    def _of_another_version(self, gvk: GVK) -> Node | None:
        others = [each for each in self.kinds if each.kind == gvk.kind and each.group == gvk.group]
        return self.exact(max(others, key=lambda each: _nearness(each.version, gvk.version))) if others else None

    def exact(self, gvk: GVK) -> Node | None:
        """The type of a kind's objects in just this version, None where it is not known."""
        found = self._custom.get(gvk)
        if found is not None:
            return found
        if gvk in self._nodes:
            return self._nodes[gvk]
        info = self.kinds.get(gvk)
        if info is None or self.definitions.get(info.definition) is None:
            return None
        made = self._nodes[gvk] = Node({"$": info.definition}, self.definitions)
        return made

    def with_crd(self, crd: Mapping[str, Any]) -> SchemaSet:
        """The same and the kinds of a CustomResourceDefinition (the whole object); malformed parts are passed over."""
        spec = crd.get("spec")
        spec = spec if isinstance(spec, Mapping) else {}
        names = spec.get("names")
        kind = names.get("kind") if isinstance(names, Mapping) else None
        custom = dict(self._custom)
        for version in spec.get("versions") or ():
            schema = version.get("schema") if isinstance(version, Mapping) else None
            structural = schema.get("openAPIV3Schema") if isinstance(schema, Mapping) else None
            if isinstance(structural, Mapping) and isinstance(kind, str):
                gvk = GVK(str(spec.get("group") or ""), str(version.get("name") or ""), kind)
                custom[gvk] = from_structural(structural)
        return SchemaSet(self.definitions, self.kinds, custom)

    def with_nodes(self, nodes: Mapping[GVK, Node]) -> SchemaSet:
        """The same and these kinds."""
        return SchemaSet(self.definitions, self.kinds, {**self._custom, **nodes})


_VERSION = re.compile(r"v(\d+)")


def _nearness(version: str, wanted: str) -> tuple[bool, int]:
    """The one of the same number first (v2 for v2beta2), else the newest."""
    one, other = _VERSION.match(version), _VERSION.match(wanted)
    return bool(one and other and one[1] == other[1]), int(one[1]) if one else 0


@lru_cache(maxsize=1)
def builtin() -> SchemaSet:
    """The bundled types of Kubernetes' own kinds."""
    data = orjson.loads(gzip.decompress(_DATA.read_bytes()))
    kinds: dict[GVK, KindInfo] = {}
    for group, version, kind, plural, singular, namespaced, verbs, short, categories, subs, definition in data["kinds"]:
        gvk = GVK(group, version, kind)
        kinds.setdefault(
            gvk,
            KindInfo(
                gvk,
                plural,
                singular,
                namespaced,
                tuple(verbs),
                tuple(short),
                tuple(categories),
                tuple(subs),
                definition,
            ),
        )
    return SchemaSet(data["definitions"], kinds)
