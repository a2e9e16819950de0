"""Themes: one TOML file each, from `gitops_tui/themes` (the wheel) or the top-level `themes/` (a checkout)."""

from __future__ import annotations

import tomllib
from pathlib import Path

from textual.theme import Theme

from gitops_tui.errors import ConfigError

DEFAULT = "gitops-dark"


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
