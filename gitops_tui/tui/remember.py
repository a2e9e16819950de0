"""What the screen remembers between two runs: selection, what is open, theme, pane sizes, filter.

One small JSON file in the user's state folder, written when the program leaves, whole or not at all. Theme and pane
sizes are the person's; the rest belongs to what was looked at (`scope`: the options that the program was started
with), the newest `_SCOPES` of which are kept.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.records import dataclass, field
from gitops_tui.tui.treerow import Node

_VERSION = 1
_SCOPES = 20
_NODES = 500
_LIMIT = 2_000_000  # bytes of a file that is still read


@dataclass(frozen=True, slots=True)
class Remembered:
    """theme: "" for none chosen. share: the tree's part of the screen in percent. node: the selection. opened: what a
    person opened or closed."""

    theme: str = ""
    share: int = 45
    unified: bool = False
    wrap: bool = False
    node: Node | None = None
    opened: Mapping[Node, bool] = field(default_factory=dict)
    filter: str = ""


class Memory:
    """The file. scope: what is looked at, as one line."""

    def __init__(self, path: Path, scope: str) -> None:
        self.path, self.scope = path, scope

    def load(self) -> tuple[Remembered, str]:
        """What was remembered, and a word where the file could not be understood."""
        try:
            if self.path.stat().st_size > _LIMIT:
                return Remembered(), f"{self.path} is too large; nothing of it is used"
            data = json.loads(self.path.read_text(encoding="utf-8"))
            return self._parsed(data), ""
        except FileNotFoundError:
            return Remembered(), ""
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            said = f"{type(error).__name__}: {error}" if not isinstance(error, OSError) else str(error)
            return Remembered(), f"what the screen remembered can't be read and is ignored: {self.path}: {said}"

    def _parsed(self, data: Any) -> Remembered:
        if data["version"] != _VERSION:
            raise ValueError(f"version {data['version']!r}")
        found = [each for each in data["scopes"] if each["scope"] == self.scope]
        scope: dict[str, Any] = found[0] if found else {}
        opened = {_node(each): bool(is_open) for each, is_open in scope.get("opened", ())}
        return Remembered(
            theme=str(data.get("theme", "")),
            share=max(0, min(100, int(data.get("share", 45)))),
            unified=bool(data.get("unified", False)),
            wrap=bool(data.get("wrap", False)),
            node=_node(scope["node"]) if scope.get("node") else None,
            opened=opened,
            filter=str(scope.get("filter", ""))[:500],
        )

    def save(self, what: Remembered) -> None:
        """Writes the file, whole or not at all. Raises OSError."""
        others = []
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            if self.path.stat().st_size <= _LIMIT:
                data = json.loads(self.path.read_text(encoding="utf-8"))
                others = [each for each in data["scopes"] if each["scope"] != self.scope]
        # The newest choices stay where there are too many.
        opened = list(what.opened.items())[-_NODES:]
        scope = {
            "scope": self.scope,
            "node": _list(what.node) if what.node else None,
            "opened": [[_list(node), is_open] for node, is_open in opened],
            "filter": what.filter,
        }
        data = {
            "version": _VERSION,
            "theme": what.theme,
            "share": what.share,
            "unified": what.unified,
            "wrap": what.wrap,
            "scopes": [scope, *others][:_SCOPES],
        }
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=self.path.name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(data, file, ensure_ascii=True)
            Path(name).replace(self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _list(node: Node) -> list[Any]:
    return [list(node.app), node.kind, list(node.key) if node.key else None, node.uid]


def _node(said: Any) -> Node:
    app, kind, key, uid = said
    cluster, namespace, name = map(str, app)
    found = ResourceKey(*map(str, key)) if key else None
    return Node(AppKey(cluster, namespace, name), str(kind), found, str(uid))
