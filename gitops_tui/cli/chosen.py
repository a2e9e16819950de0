"""Which object is meant: `APP KIND/NAME` or `APP/KIND/NAME`."""

from __future__ import annotations

from gitops_tui.cli.git_commands import find_resource
from gitops_tui.cli.session import Session
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.snapshot import ApplicationState


def chosen(work: Session, app: str, words: list[str]) -> tuple[ApplicationState, ResourceKey | None, list[str]]:
    """The application, its object (None where none is named) and the words that are left. Raises GitOpsError."""
    found = work.ready().applications
    names = {str(key) for key in found} | {key.name for key in found}
    resource = ""
    if app not in names and "/" in app:
        for name in sorted(names, key=len, reverse=True):
            if app.startswith(f"{name}/"):
                app, resource = name, app[len(name) + 1 :]
                break
    if not resource and words and "/" in words[0]:
        resource, words = words[0], words[1:]
    state = work.application(app)
    return state, find_resource(state, resource).key if resource else None, words
