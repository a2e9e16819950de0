"""Drives a program in a pseudo-terminal: press keys, wait for what the screen shows."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import termios
import time
from collections.abc import Sequence

import pyte


class Terminal:
    """A program at a terminal of `columns` x `rows`. sent: bytes that it wrote so far."""

    def __init__(
        self, line: Sequence[str], *, columns: int = 160, rows: int = 48, env: dict[str, str] | None = None
    ) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.sent = 0
        self.pid, self._handle = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            # Not the process's own environment: there readline, which pytest imports, leaves a COLUMNS and a LINES of
            # 80 and 24, which would stand above the terminal's size, and which os.environ does not know.
            wanted = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})}
            os.execvpe(line[0], list(line), wanted)

    def read(self, seconds: float) -> None:
        """Takes in what the program writes within that time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self._handle], [], [], left)[0]:
                return
            try:
                data = os.read(self._handle, 65536)
            except OSError:
                return
            if not data:
                return
            self.sent += len(data)
            self._stream.feed(data)

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display)

    def press(self, keys: str) -> None:
        os.write(self._handle, keys.encode())

    def wait_for(self, text: str, seconds: float = 120.0) -> str:
        """The screen once it shows `text`, also where that is wrapped. Raises AssertionError with the screen where it
        never does."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(0.05)
            shown = self.text()
            if text in shown or text in " ".join(shown.translate({ord("│"): " "}).split()):
                return shown
        raise AssertionError(f"{text!r} did not appear:\n{self.text()}")

    def wait_until_gone(self, text: str, seconds: float = 120.0) -> str:
        """The screen once it no longer shows `text`. Raises AssertionError with the screen where it stays."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(0.05)
            if text not in self.text():
                return self.text()
        raise AssertionError(f"{text!r} stayed:\n{self.text()}")

    def ended(self, seconds: float = 120.0) -> int:
        """The exit code once it has left."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(0.05)
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
        raise AssertionError(f"the program did not leave:\n{self.text()}")

    def kill(self) -> None:
        try:
            os.kill(self.pid, 9)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        os.close(self._handle)
