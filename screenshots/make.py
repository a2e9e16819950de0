"""Makes the README's screenshot from the demo:  python screenshots/make.py"""

from __future__ import annotations

import asyncio
import re
import tempfile
from pathlib import Path

from gitops_tui.cli.demo import HINT
from gitops_tui.demo.demo import Demo
from gitops_tui.reconcile import Engine, Request
from gitops_tui.settings import Settings
from gitops_tui.tui.app import GitOpsApp

HERE = Path(__file__).parent


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        demo = Demo(Path(folder))
        settings = Settings(state_folder=Path(folder) / "state", cache_folder=Path(folder) / "cache")

        def engine() -> Engine:
            demo.start()
            return Engine(Request(files=(demo.applications,), kubeconfig=demo.kubeconfig), settings)

        app = GitOpsApp(engine, settings, title="demo", hint=HINT)
        async with app.run_test(size=(140, 36)) as pilot:
            for _ in range(400):
                await pilot.pause(0.05)
                if any("checkout" in row.name for row in app.tree_pane.rows):
                    break
            for _ in range(4):
                await pilot.press("right_square_bracket")
                await pilot.pause(0.3)
            await pilot.pause(1.0)
            picture = app.export_screenshot(title="gitops-tui")
            # No fonts from elsewhere: a monospaced one of the reader's does.
            picture = re.sub(r"@font-face \{.*?\}", "", picture, flags=re.S)
            (HERE / "main.svg").write_text(re.sub(r"<!--.*?-->", "", picture, flags=re.S), encoding="utf-8")
        demo.stop()


if __name__ == "__main__":
    asyncio.run(main())
