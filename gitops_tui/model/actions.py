"""Actions on one object of the cluster, beside syncing: what can be done, what that means, and who asks for it."""

from __future__ import annotations

from enum import StrEnum

from gitops_tui.model.keys import ResourceKey
from gitops_tui.records import dataclass


class Asks(StrEnum):
    """What a person gives before it is done: one key, a number, or the object's name in full."""

    KEY = "key"
    NUMBER = "number"
    NAME = "name"


class Propagation(StrEnum):
    """What happens to what the object owns (metav1.DeletionPropagation)."""

    BACKGROUND = "Background"
    FOREGROUND = "Foreground"
    ORPHAN = "Orphan"


@dataclass(frozen=True, slots=True)
class ObjectAction:
    """One thing that can be done. name: as on the command line ("restart"). letter: its key in the menu. what: in words. drift:
    what Git says to it, "" where Git says nothing. notes: what else a person should know, first what goes with the object.
    refused: why it can't be done now. number: what is there now, where a number is asked for. destructive: something goes
    that does not come back by itself."""

    name: str
    letter: str
    title: str
    what: str
    drift: str = ""
    notes: tuple[str, ...] = ()
    refused: str = ""
    asks: Asks = Asks.KEY
    number: int | None = None
    destructive: bool = False


@dataclass(frozen=True, slots=True)
class ObjectActions:
    """What can be done with one object. cluster: the kubeconfig context. uid: of the object that was looked at."""

    cluster: str
    key: ResourceKey
    uid: str
    actions: tuple[ObjectAction, ...] = ()

    def find(self, name: str) -> ObjectAction | None:
        return next((each for each in self.actions if each.name == name), None)


@dataclass(frozen=True, slots=True)
class ActionRequest:
    """name: of an ObjectAction. uid: the object that was looked at; another of that name is left alone. replicas: for
    `scale`. propagation: for `delete`."""

    name: str
    uid: str
    replicas: int | None = None
    propagation: Propagation = Propagation.BACKGROUND
