"""Makes the pictures of the README and of this folder from the demo:  python screenshots/make.py

Each picture is a few keys on a screen of one size and theme; the same keys by hand show the same.
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot

from gitops_tui.cli.demo import HINT
from gitops_tui.demo.demo import Demo
from gitops_tui.reconcile import Engine, Request
from gitops_tui.settings import Settings
from gitops_tui.tui.app import GitOpsApp

HERE = Path(__file__).parent
_DRIFT = "right_square_bracket"


@dataclass(frozen=True)
class Picture:
    """name: of the file. keys: pressed one after the other once the tree is there."""

    name: str
    size: tuple[int, int]
    keys: tuple[str, ...]
    theme: str = "gitops-dark"


PICTURES = (
    Picture("main", (140, 36), (_DRIFT,) * 4),
    Picture("application", (140, 36), ()),
    Picture("sync", (140, 36), (_DRIFT,) * 4 + ("s",)),
    Picture("history", (140, 36), (_DRIFT,) * 4 + ("h",)),
    Picture("small", (80, 24), (_DRIFT,) * 4),
    Picture("light", (140, 36), (_DRIFT,) * 4, "gitops-light"),
)


async def settled(pilot: Pilot[int], app: GitOpsApp) -> None:
    """Until every application has its verdict and the right pane has followed."""
    for _ in range(600):
        await pilot.pause(0.05)
        states = app.engine.snapshot.applications.values() if app.engine else ()
        if states and not any(each.loading for each in states) and app.detail.shows(app.tree_pane.node):
            return
    raise SystemExit("the demo did not settle")


async def take(picture: Picture) -> None:
    """One picture, with a demo of its own."""
    with tempfile.TemporaryDirectory() as folder:
        demo = Demo(Path(folder))
        settings = Settings(
            theme=picture.theme, state_folder=Path(folder) / "state", cache_folder=Path(folder) / "cache"
        )

        def engine() -> Engine:
            demo.start()
            return Engine(Request(files=(demo.applications,), kubeconfig=demo.kubeconfig), settings)

        app = GitOpsApp(engine, settings, title="demo", hint=HINT)
        try:
            async with app.run_test(size=picture.size) as pilot:
                await settled(pilot, app)
                await pilot.pause(3)  # what the demo starts comes up meanwhile
                for key in picture.keys:
                    await pilot.press(key)
                    await settled(pilot, app)
                await pilot.pause(1.5)
                svg = app.export_screenshot(title="gitops-tui")
                # No fonts from elsewhere (a monospaced one of the reader's does), no paths of this machine.
                svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.S).replace(folder, "/home/dana")
                svg = re.sub(r"<!--.*?-->", "", svg, flags=re.S)
                (HERE / f"{picture.name}.svg").write_text(svg, encoding="utf-8")
                app.stop_engine()
        finally:
            demo.stop()


async def main() -> None:
    os.environ["COLORTERM"] = "truecolor"
    for picture in PICTURES:
        await take(picture)


if __name__ == "__main__":
    asyncio.run(main())
