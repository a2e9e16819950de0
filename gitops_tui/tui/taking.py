"""What can be taken away from what is selected: to copy, or to open in another program. Secrets are masked in all of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from gitops_tui.errors import GitOpsError
from gitops_tui.model.snapshot import ApplicationState, ResourceState
from gitops_tui.tui import outside
from gitops_tui.tui.host import Host
from gitops_tui.tui.layout import Node
from gitops_tui.tui.objects import kubectl, patch_of, yaml_of
from gitops_tui.tui.screens.choice import Item
from gitops_tui.tui.screens.plan_rows import place, value_text

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi


class Taking(NamedTuple):
    """One thing to take. make: gives the text, maybe slowly. kind: "pager" or "editor" where it is opened."""

    item: Item
    make: Callable[[], str]
    kind: str = ""
    file: str = ""

    @property
    def what(self) -> str:
        return self.item.what


def _fixed(key: str, what: str, text: str) -> Taking:
    return Taking(Item(key, what, text.partition("\n")[0], what), lambda: text)


def _made(key: str, what: str, shown: str, make: Callable[[], str]) -> Taking:
    return Taking(Item(key, what, shown, what), make)


def copies(host: Host, engine: EngineApi, node: Node) -> list[Taking]:
    """The copy menu."""
    app = engine.snapshot.applications.get(node.app)
    if app is None:
        return []
    resource = app.resources.get(node.key) if node.key else None
    found = [_fixed("n", "name", node.key.name if node.key else app.app.name)]
    if resource is not None and not node.uid:
        found += _of_resource(host, app, resource)
    if app.revision:
        found.append(_fixed("s", "SHA", app.revision.sha))
    if app.app.source.path and resource is None:
        found.append(_fixed("p", "path in Git", app.app.source.path))
    return found


def _of_resource(host: Host, app: ApplicationState, resource: ResourceState) -> list[Taking]:
    found = []
    if resource.manifest is not None:
        origin = resource.manifest.origin
        found.append(_fixed("p", "path in Git", f"{origin.path}:{origin.line}" if origin.line else origin.path))
        found.append(_made("y", "YAML as in Git", place(resource.key), partial(yaml_of, resource, "git")))
    if resource.live is not None:
        found.append(_made("l", "YAML as in the cluster", place(resource.key), partial(yaml_of, resource, "live")))
    if resource.drift.is_drifted:
        found.append(_made("d", "difference", "− cluster, + Git", partial(patch_of, resource)))
    line = host.detail.selected_line
    difference = host.detail.difference
    if difference is not None:
        from gitops_tui.compare.show import concealed

        difference = concealed(difference)
        found.append(_fixed("f", "field's path", difference.path))
        found.append(_fixed("v", "value as in Git", value_text(difference.desired, 10**6)))
        found.append(_fixed("w", "value as in the cluster", value_text(difference.live, 10**6)))
    if line is not None and (cell := line.left or line.right):
        found.append(_fixed("i", "line of the difference", cell.text))
    found.append(_fixed("k", "kubectl command", kubectl(resource, app.key.cluster)))
    return found


def openings(_host: Host, engine: EngineApi, node: Node) -> list[Taking]:
    """What `o` opens in $PAGER or $EDITOR."""
    app = engine.snapshot.applications.get(node.app)
    resource = app.resources.get(node.key) if app and node.key and not node.uid else None
    if resource is None:
        return []
    found = []
    name = f"{resource.key.kind}-{resource.key.name}"
    for key, side, what in (("p", "live", "the cluster's YAML"), ("g", "git", "Git's YAML")):
        if (resource.live if side == "live" else resource.manifest) is not None:
            item = Item(key, f"{what} in the pager", place(resource.key), f"{side}-pager")
            found.append(Taking(item, partial(yaml_of, resource, side), "pager", f"{name}.yaml"))
    if resource.drift.is_drifted:
        item = Item("d", "the difference in the pager", "− cluster, + Git", "diff-pager")
        found.append(Taking(item, partial(patch_of, resource), "pager", f"{name}.diff"))
    side = "git" if resource.manifest is not None else "live"
    item = Item("e", "a copy of the YAML in the editor", "changes to it go nowhere", "editor")
    found.append(Taking(item, partial(yaml_of, resource, side), "editor", f"{name}.yaml"))
    return found


def opened(host: Host) -> Callable[[str, Taking], None]:
    """Opens a text that was taken, the app standing aside meanwhile."""

    def use(text: str, taken: Taking) -> None:
        try:
            with host.suspend():
                outside.show(text, taken.file, taken.kind, os.environ)
        except GitOpsError as error:
            host.say(str(error), "error")
        finally:
            host.refresh()

    return use
