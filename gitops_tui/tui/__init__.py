"""The terminal app. `run` starts it; the engine is made in a thread after the first paint."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gitops_tui.reconcile.api import EngineApi
    from gitops_tui.settings import Settings
    from gitops_tui.tui.remember import Memory


def run(
    engine_factory: Callable[[], EngineApi],
    settings: Settings,
    *,
    title: str = "",
    hint: str = "",
    memory: Memory | None = None,
    on_exit: Callable[[], None] | None = None,
) -> int:
    """Runs the app until the person leaves; the exit code. Raises ConfigError for wrong keys or themes."""
    from gitops_tui.tui.app import GitOpsApp

    # gpg would ask for a passphrase on this very terminal, over the screen, and the keys would come to both.
    os.environ.pop("GPG_TTY", None)
    app = GitOpsApp(engine_factory, settings, title=title, hint=hint, memory=memory)
    try:
        app.run()
    finally:
        app.stop_engine()
        if on_exit:
            on_exit()
    return app.return_code or 0
