"""Themes: one TOML file each, from `gitops_tui/themes` (the wheel) or the top-level `themes/` (a checkout)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path

from textual.theme import Theme

from gitops_tui.errors import ConfigError

DEFAULT = "gitops-dark"
TERMINAL = "gitops-terminal"
_PREFIX = "gitops-"
_ORDER = ("gitops-dark", "gitops-light", "gitops-contrast", "gitops-colour-blind", "gitops-terminal")


def ours(names: Iterable[str]) -> list[str]:
    """Our themes among those, in the order in which `t` goes through them."""
    found = [name for name in names if name.startswith(_PREFIX)]
    return sorted(found, key=lambda name: (_ORDER.index(name) if name in _ORDER else len(_ORDER), name))


def named(said: str, available: Iterable[str]) -> str | None:
    """The theme that a person means: its name, with or without our prefix."""
    names = list(available)
    return next((each for each in (said, _PREFIX + said) if each in names), None)


def load_themes() -> tuple[Theme, ...]:
    """All themes shipped, by file name. Raises ConfigError naming the file that is wrong."""
    package = Path(__file__).resolve().parent.parent
    folders = (package / "themes", package.parent / "themes")
    folder = next((each for each in folders if each.is_dir()), None)
    made = []
    for path in sorted(folder.glob("*.toml")) if folder else ():
        try:
            made.append(Theme(**tomllib.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, TypeError) as error:
            raise ConfigError(f"the theme {path.name} can't be read: {error}") from error
    return tuple(made)
