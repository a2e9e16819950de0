"""A dialog about one answer of the engine: asked when it opens, and again on `r`."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Generic, TypeVar

from textual.binding import Binding

from gitops_tui.tui.screens.dialog import Dialog

T = TypeVar("T")


class AnswerDialog(Dialog[None], Generic[T]):
    """found: the last answer; failure: why there is none newer. A subclass says what is asked, and builds."""

    BINDINGS = [Binding("r", "again", show=False)]

    def __init__(self) -> None:
        super().__init__()
        self.found: T | None = None
        self.failure: BaseException | None = None
        self.asking = False

    def question(self) -> Future[T]:
        raise NotImplementedError

    def ready(self) -> None:
        super().ready()
        self.action_again()

    def action_again(self) -> None:
        if self.asking:
            return
        self.asking = True
        self.build()
        self.ask(self.question(), self._told, self._not_told)

    def _told(self, found: T) -> None:
        self.found, self.failure, self.asking = found, None, False
        self.build()

    def _not_told(self, error: BaseException) -> None:
        self.failure, self.asking = error, False
        self.build()
