"""Objects by SHA, through long-lived `git cat-file` processes: one for contents, one that only tells type and size.

Requests are sent ahead of the answers, within what a pipe holds, so that neither side waits for the other. Every answer
has a time limit. A process that ends or stands in mid-answer is started anew for the next question.
"""

from __future__ import annotations

import os
import re
import secrets
import select
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from gitops_tui.errors import DamagedRepository, GitError
from gitops_tui.git.command import end, start
from gitops_tui.records import dataclass

_AHEAD = 24_000  # bytes of requests under way; a pipe holds 65,536
_HEAD = re.compile(rb"^([0-9a-f]{40}|[0-9a-f]{64}) (blob|tree|commit|tag) (\d+)$")


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """sha: full. type: "blob", "tree", "commit" or "tag". size: bytes."""

    sha: str
    type: str
    size: int


class _Pipe:
    """A process of `git cat-file`, read with a time limit."""

    def __init__(self, process: subprocess.Popen[bytes], timeout: float) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process = process
        self.requests = process.stdin
        self._answers = process.stdout.fileno()
        self._poll = select.poll()
        self._poll.register(self._answers, select.POLLIN | select.POLLHUP)
        self._kept = bytearray()
        self._at = 0
        self._timeout = timeout

    def _more(self) -> None:
        if not self._poll.poll(self._timeout * 1000):
            raise GitError(
                f"git did not answer within {self._timeout:.0f} s",
                hint="raise git_timeout in the settings if the disk is that slow",
            )
        chunk = os.read(self._answers, 1 << 18)
        if not chunk:
            raise BrokenPipeError
        if self._at:
            del self._kept[: self._at]
            self._at = 0
        self._kept += chunk

    def line(self) -> bytes:
        while (found := self._kept.find(b"\n", self._at)) < 0:
            if len(self._kept) - self._at > 1 << 17:
                raise DamagedRepository("git's answer makes no sense; the repository may be damaged")
            self._more()
        made = bytes(self._kept[self._at : found])
        self._at = found + 1
        return made

    def read(self, size: int) -> bytes:
        """`size` bytes, and the line feed behind them is dropped."""
        deadline = time.monotonic() + self._timeout
        while len(self._kept) - self._at < size + 1:
            self._more()
            if time.monotonic() > deadline:
                raise GitError(f"git took longer than {self._timeout:.0f} s for one object")
        made = bytes(memoryview(self._kept)[self._at : self._at + size])
        self._at += size + 1
        return made

    def until(self, end: bytes) -> bytes:
        """Everything before `end`, which is dropped."""
        while (found := self._kept.find(end, self._at)) < 0:
            self._more()
        made = bytes(memoryview(self._kept)[self._at : found])
        self._at = found + len(end)
        return made


_MODES = {
    "contents": ("cat-file", "--batch"),
    "info": ("cat-file", "--batch-check"),
    "diff": ("diff-tree", "--stdin", "-r", "-z", "--name-only", "--no-renames"),
}


class CatFile:
    """The processes of one repository, each started when it is first needed; safe to call from several threads.

    env: added to git's environment. timeout: seconds for one answer.
    """

    def __init__(self, folder: Path, *, env: Mapping[str, str] | None = None, timeout: float = 60.0) -> None:
        self._folder = folder
        self._env = env
        self._timeout = timeout
        self._locks = {mode: threading.Lock() for mode in _MODES}
        # git gives back a line that is no SHA as it is: a word that nobody can have written into a file's name.
        self._end = secrets.token_hex(16).replace("a", "z").encode() + b"z\n"
        self._pipes: dict[str, _Pipe] = {}

    def read_many(
        self, shas: Sequence[str], each: Callable[[int, bytes], None], limit: int, *, kind: str = "blob"
    ) -> None:
        """Calls `each(index, content)` for each object of a kind ("blob" or "tree"). Raises DamagedRepository for one
        that isn't there or is another kind, and GitError where the contents together pass `limit` bytes."""
        total = 0
        wanted = kind.encode()

        def take(pipe: _Pipe, index: int) -> None:
            nonlocal total
            found = _HEAD.match(pipe.line())
            if found is None or found[2] != wanted:
                raise DamagedRepository(
                    f"the object {shas[index]} can't be read from the repository; it may be damaged",
                    hint="'git fsck' says what is broken",
                )
            size = int(found[3])
            total += size
            if total > limit:
                raise GitError(
                    f"the files are larger than {limit} bytes together",
                    hint="raise max_manifest_bytes in the settings if that is right",
                )
            each(index, pipe.read(size))

        self._ask("contents", shas, take)

    def info(self, names: Sequence[str]) -> list[ObjectInfo | None]:
        """What each name (a SHA, or `SHA:path` without a line feed) is, None for what there is not. Costs no process."""
        found: list[ObjectInfo | None] = []

        def take(pipe: _Pipe, index: int) -> None:
            del index
            head = _HEAD.match(pipe.line())
            found.append(ObjectInfo(head[1].decode(), head[2].decode(), int(head[3])) if head else None)

        self._ask("info", names, take)
        return found

    def changed(self, old: str, new: str) -> list[bytes]:
        """The names of the files that differ between two trees. Costs no process."""

        def take(pipe: _Pipe, index: int) -> None:
            del index
            _, _, names = pipe.until(self._end).partition(b"\n")
            found.extend(name for name in names.split(b"\0") if name)

        found: list[bytes] = []
        self._ask("diff", [f"{old} {new}\n{self._end.decode().strip()}"], take)
        return found

    def _ask(self, mode: str, names: Sequence[str], take: Callable[[_Pipe, int], None]) -> None:
        if not names:
            return
        with self._locks[mode]:
            try:
                pipe = self._started(mode)
                sizes: list[int] = []
                lines = self._lines(names)
                under_way, sent = 0, 0
                for index in range(len(names)):
                    batch = b""
                    while sent < len(names) and (under_way + len(batch) < _AHEAD or sent <= index):
                        line = next(lines)
                        sizes.append(len(line))
                        batch += line
                        sent += 1
                    if batch:
                        pipe.requests.write(batch)
                        pipe.requests.flush()
                        under_way += len(batch)
                    take(pipe, index)
                    under_way -= sizes[index]
            except (BrokenPipeError, FileNotFoundError, NotADirectoryError) as error:
                self._drop(mode)
                raise DamagedRepository(
                    "git ended while it read the repository; it may be damaged or gone",
                    hint="try again; if it stays so: git fsck",
                ) from error
            except BaseException:
                # The stream may stand in mid-object: begin anew next time.
                self._drop(mode)
                raise

    @staticmethod
    def _lines(names: Sequence[str]) -> Iterator[bytes]:
        for name in names:
            yield name.encode("utf-8", "surrogateescape") + b"\n"

    def _started(self, mode: str) -> _Pipe:
        pipe = self._pipes.get(mode)
        if pipe is None or pipe.process.poll() is not None:
            self._drop(mode)
            process = start(self._folder, *_MODES[mode], stdin=True, errors=False, env=self._env)
            pipe = self._pipes[mode] = _Pipe(process, self._timeout)
        return pipe

    def _drop(self, mode: str) -> None:
        pipe = self._pipes.pop(mode, None)
        if pipe is not None:
            end(pipe.process)

    def close(self) -> None:
        """Ends the processes; the next question starts them again."""
        for mode, lock in self._locks.items():
            with lock:
                self._drop(mode)
