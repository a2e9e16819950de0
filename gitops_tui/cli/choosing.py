"""APP[/KIND/NAME] on the command line: an application, one of its resources, or an object beneath one."""

from __future__ import annotations

from gitops_tui.cli.session import Session
from gitops_tui.errors import GitOpsError, UnknownApplication
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.snapshot import ApplicationState
from gitops_tui.model.text import printable
from gitops_tui.reconcile.selection import walk
from gitops_tui.records import dataclass


@dataclass(frozen=True, slots=True)
class Chosen:
    """key: None for the whole application; uid: of an object beneath it, "" for the resource itself. named: the object
    that was meant."""

    app: ApplicationState
    key: ResourceKey | None = None
    uid: str = ""
    named: ResourceKey | None = None


def choose(work: Session, text: str) -> Chosen:
    """What the text names. Raises GitOpsError with what there is."""
    words = text.split("/")
    failed: UnknownApplication | None = None
    # The longest beginning that is an application's name: those may have slashes themselves.
    for at in range(len(words), 0, -1):
        try:
            app = work.application("/".join(words[:at]))
        except UnknownApplication as error:
            failed = error
            continue
        if not words[at:]:
            return Chosen(app)
        # What is named may be beneath a custom resource.
        work.wait(work.engine.look_beneath(app.key))
        return _within(work.application(str(app.key)), words[at:])
    raise failed or UnknownApplication(f"there is no application {printable(text)!r}")


def _within(app: ApplicationState, words: list[str]) -> Chosen:
    """KIND/NAME, KIND/NAMESPACE/NAME, or a NAME alone where only one object has it."""
    said = "/".join(words)
    if len(words) > 3:
        raise GitOpsError(
            f"{printable(said)!r} is no object", hint="give APP/KIND/NAME, for example shop/Deployment/web"
        )

    def fits(key: ResourceKey) -> bool:
        kinds = (key.kind.lower(), key.group_kind.lower())
        return (
            key.name == words[-1]
            and (len(words) == 1 or words[0].lower() in kinds)
            and (len(words) < 3 or key.namespace == words[1])
        )

    found = [Chosen(app, key, "", key) for key in app.resources if fits(key)]
    if not found:
        found = [
            Chosen(app, key, each.uid, each.key)
            for key, state in app.resources.items()
            for each in walk(state.owned)
            if fits(each.key)
        ]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(str(each.named) for each in found[:10])
        raise GitOpsError(f"{printable(said)} names {len(found)} objects: {names}", hint="give APP/KIND/NAMESPACE/NAME")
    near = ", ".join(f"{key.kind}/{key.name}" for key in list(app.resources)[:10])
    raise GitOpsError(f"{app.key} has no object {printable(said)}", hint=f"it has: {near}" if near else "")
