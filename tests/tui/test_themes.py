"""Every theme can be read: each role on each ground that it is drawn on (WCAG 2.1, contrast of at least 4.5)."""

from __future__ import annotations

import pytest
from textual.color import Color
from textual.theme import Theme

from gitops_tui.tui.paint import Palette, colours
from gitops_tui.tui.themes import load_themes, named, ours

THEMES = {theme.name: theme for theme in load_themes()}
ON_BASE = ("text", "ok", "bad", "warn", "info", "head", "muted", "key", "string", "number", "git", "cluster")
ON_BAR = ("text", "ok", "bad", "warn", "info", "head", "muted")
IN_DIFF = ("text", "muted", "key", "string", "number")
# The sixteen colours as terminals have them when nobody changed them: xterm's, and those of a light VS Code.
XTERM = {
    "black": "#000000",
    "red": "#cd0000",
    "green": "#00cd00",
    "yellow": "#cdcd00",
    "blue": "#5c5cff",
    "magenta": "#cd00cd",
    "cyan": "#00cdcd",
    "default": "#e5e5e5",
}
LIGHT = {
    "black": "#000000",
    "red": "#cd3131",
    "green": "#107c10",
    "yellow": "#7a6400",
    "blue": "#0451a5",
    "magenta": "#bc05bc",
    "cyan": "#0a6e8a",
    "default": "#000000",
}


def luminance(colour: Color) -> float:
    parts = [each / 255 for each in colour.rgb]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ratio(one: str, other: str) -> float:
    first, second = sorted((luminance(Color.parse(one)), luminance(Color.parse(other))))
    return (second + 0.05) / (first + 0.05)


@pytest.mark.parametrize("theme", [each for each in THEMES.values() if not each.ansi], ids=lambda each: each.name)
def test_every_role_can_be_read_on_its_ground(theme: Theme) -> None:
    said = colours(theme)
    pairs = [(role, "base") for role in ON_BASE] + [(role, "bar") for role in ON_BAR]
    pairs += [(role, ground) for ground in ("git-ground", "cluster-ground") for role in IN_DIFF]
    pairs += [("git", "git-ground"), ("cluster", "cluster-ground")]
    pairs += [("text", ground) for ground in ("git-mark", "cluster-mark", "blurred")]
    pairs += [("selected-text", "selected")]
    poor = {
        f"{role} on {ground}": round(ratio(said[role], said[ground]), 2)
        for role, ground in pairs
        if ratio(said[role], said[ground]) < 4.5
    }
    assert not poor


@pytest.mark.parametrize("theme", [each for each in THEMES.values() if not each.ansi], ids=lambda each: each.name)
def test_selection_and_marks_stand_out(theme: Theme) -> None:
    said = colours(theme)
    assert ratio(said["selected"], said["base"]) >= 1.9
    assert ratio(said["blurred"], said["base"]) >= 1.25
    for side in ("git", "cluster"):
        assert said[f"{side}-ground"] != said["base"]
        assert ratio(said[f"{side}-mark"], said[f"{side}-ground"]) >= 1.2


@pytest.mark.parametrize(("palette", "ground"), [(XTERM, "#000000"), (LIGHT, "#ffffff")], ids=["xterm", "light"])
def test_the_terminals_own_colours_can_be_read(palette: dict[str, str], ground: str) -> None:
    said = colours(THEMES["gitops-terminal"])
    used = {said[role].removeprefix("ansi_") for role in ON_BASE}
    # Red is the darkest of xterm's; it is drawn bold, for which 3.0 is enough (WCAG's large text).
    assert Palette(THEMES["gitops-terminal"])["bad"].bold
    poor = {name: round(ratio(palette[name], ground), 2) for name in used if ratio(palette[name], ground) < 3.0}
    assert not poor


@pytest.mark.parametrize("bare", [True, False])
def test_without_colours_selection_and_changes_are_told_by_attributes(bare: bool) -> None:
    palette = Palette(THEMES["gitops-terminal"], bare=bare)
    assert palette["selected"].reverse
    assert palette["blurred"].underline
    assert palette["bold text on git-mark"].underline
    if bare:
        for role in (*ON_BASE, "selected", "text on git-ground", "head bold on bar"):
            assert palette[role].color is None
            assert palette[role].bgcolor is None


def test_themes_go_by_both_their_names() -> None:
    assert ours(THEMES)[0] == "gitops-dark"
    assert {"gitops-light", "gitops-contrast", "gitops-colour-blind", "gitops-terminal"} <= set(ours(THEMES))
    assert named("light", THEMES) == named("gitops-light", THEMES) == "gitops-light"
    assert named("nope", THEMES) is None
