"""What a command must not wait for where nobody needs it."""

from __future__ import annotations

import subprocess
import sys

SELDOM = ("gitops_tui.model.cron", "gitops_tui.windowsettings", "zoneinfo", "textual")


def test_what_reads_sync_windows_is_imported_where_somebody_has_any() -> None:
    code = (
        "import sys, gitops_tui.cli.commands, gitops_tui.settings as s; s.load_settings(); "
        f"print([n for n in {SELDOM!r} if n in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"
