"""What an ignore rule would hide."""

from __future__ import annotations

from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.records import dataclass


@dataclass(frozen=True, slots=True)
class HiddenBy:
    """The differences of one object that a rule would hide. settles: whether none is left then."""

    app: AppKey
    key: ResourceKey
    paths: tuple[str, ...]
    settles: bool


@dataclass(frozen=True, slots=True)
class IgnorePreview:
    """found: objects of which something would be hidden, drifted ones only. problem: why the rule can't be used, ""."""

    found: tuple[HiddenBy, ...] = ()
    problem: str = ""

    @property
    def differences(self) -> int:
        return sum(len(each.paths) for each in self.found)

    @property
    def words(self) -> str:
        """ "hides 3 differences of 2 objects now, 1 of which would be in sync"."""
        if not self.found:
            return "hides nothing now"
        differences, objects = self.differences, len(self.found)
        said = f"hides {differences:,} difference{'' if differences == 1 else 's'}"
        said += f" of {objects:,} object{'' if objects == 1 else 's'} now"
        settled = sum(each.settles for each in self.found)
        if settled == objects:
            return f"{said}, which would be in sync" if objects == 1 else f"{said}, all of which would be in sync"
        return f"{said}, {settled:,} of which would be in sync" if settled else said
