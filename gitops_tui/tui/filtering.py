"""The filter: `text kind:x ns:x status:x health:x moved:x app:x`; every word must match, letters' case aside. Pure."""

from __future__ import annotations

from gitops_tui.model.drift import Moved
from gitops_tui.model.snapshot import ApplicationState, OwnedObject, ResourceState

FIELDS = ("kind", "ns", "status", "health", "moved", "app")


class Filter:
    """A parsed filter; false where it is empty."""

    def __init__(self, text: str = "") -> None:
        self.text = " ".join(text.split())
        self.plain: list[str] = []
        self.fields: list[tuple[str, str]] = []
        for word in self.text.lower().split():
            name, colon, value = word.partition(":")
            if colon and name in FIELDS:
                if value:
                    self.fields.append((name, value))
            else:
                self.plain.append(word)

    def __bool__(self) -> bool:
        return bool(self.plain or self.fields)

    def of(self, app: ApplicationState) -> AppFilter:
        return AppFilter(self, app)


class AppFilter:
    """The filter for one application's resources."""

    def __init__(self, whole: Filter, app: ApplicationState) -> None:
        name = str(app.key).lower()
        # What the application's own name answers need not be asked of each resource.
        self.plain = [word for word in whole.plain if word not in name]
        self.fields = [(field, value) for field, value in whole.fields if field != "app" or value not in name]
        # `app:` of another name, or a word that only resources can answer.
        self.other_app = any(field == "app" for field, _ in self.fields)
        self.everything = not self.plain and not self.fields

    def matches(self, state: ResourceState) -> bool:
        if self.everything:
            return True
        if self.other_app:
            return False
        for field, value in self.fields:
            if value not in _field(field, state):
                return False
        if self.plain:
            key = state.key
            text = f"{key.group_kind} {key.namespace}/{key.name}".lower()
            if state.owned and any(word not in text for word in self.plain):
                text += _owned_names(state.owned)
            for word in self.plain:
                if word not in text:
                    return False
        return True


def _field(name: str, state: ResourceState) -> str:
    if name == "kind":
        return state.key.group_kind.lower()
    if name == "ns":
        return state.key.namespace.lower()
    if name == "health":
        return state.health.status.value.lower() if state.health else ""
    if name == "moved":
        return f"{state.moved.value} git cluster".lower() if state.moved is Moved.BOTH else state.moved.value.lower()
    drifted = " drifted" if state.drift.is_drifted else ""
    return f"{state.sync.value} {state.drift.kind.value}{drifted}".lower()


def _owned_names(owned: tuple[OwnedObject, ...]) -> str:
    return "".join(f" {each.key.kind} {each.key.name}".lower() + _owned_names(each.children) for each in owned)
