"""A screen that takes what is typed before it is there: a whole line may come in one burst, over a slow link or pasted."""

from __future__ import annotations

from textual import events


class HoldsKeys:
    """Mixed into a screen. The app keeps keys and pasted text in `held` until the screen is `open`, then gives them on."""

    open = False

    def __init__(self) -> None:
        super().__init__()
        self.held: list[events.Key | events.Paste] = []
