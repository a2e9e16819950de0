"""How the app is started."""

from __future__ import annotations

import os

import pytest

from gitops_tui.settings import Settings
from gitops_tui.tui import run


def test_gpg_never_asks_for_a_passphrase_on_the_apps_own_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str | None] = []

    class App:
        return_code = 0

        def __init__(self, *_: object, **__: object) -> None:
            return

        def run(self) -> None:
            seen.append(os.environ.get("GPG_TTY"))

        def stop_engine(self) -> None:
            return

    monkeypatch.setenv("GPG_TTY", "/dev/pts/7")
    monkeypatch.setattr("gitops_tui.tui.app.GitOpsApp", App)

    run(lambda: pytest.fail("the engine is not asked for here"), Settings())

    assert seen == [None]
