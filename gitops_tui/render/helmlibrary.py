"""Helm's own code in long-lived processes of ours (`helm_child.py`): a request and its answer, with limits.

Starting `helm` takes longer than rendering most charts, so a child is kept for the next one: as many as there are cores, each
gone after a minute without work. One that takes too long, runs out of memory or dies is ended, and the next chart gets
another. It has no network where the system can do that, none of this machine's environment, and reads the chart's private copy.
"""

from __future__ import annotations

import atexit
import importlib.util
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from gitops_tui.errors import RenderError
from gitops_tui.render.confined import without_network
from gitops_tui.render.tools import GO_RUNTIME, SLOTS

_CHILD = Path(__file__).with_name("helm_child.py")
_PACKAGE = "helm-python-sdk"
_IDLE = 60.0
_MOST_RENDERED = 2_000
_MOST_ANSWER = 200_000_000
_lock = threading.Lock()
_idle: list[_Child] = []
_sweeper: threading.Timer | None = None


@lru_cache(maxsize=1)
def library_version() -> str:
    """What would render in process, for cache keys and people; "" where the extra is not installed."""
    if importlib.util.find_spec("helm_python") is None:
        return ""
    from importlib import metadata  # slow to import

    try:
        return f"{_PACKAGE} {metadata.version(_PACKAGE)}"
    except metadata.PackageNotFoundError:
        return ""


def ask(request: dict[str, Any], timeout: float, memory: int) -> dict[str, Any]:
    """A request's answer, as `helm_child.py` has them. timeout: seconds. memory: bytes. Raises RenderError."""
    with SLOTS:
        child = _take(memory)
        try:
            answer = child.ask(request, timeout)
        except BaseException:
            child.end()
            raise
        _give_back(child)
        return answer


class _Child:
    def __init__(self, memory: int) -> None:
        self.memory = memory
        self.rendered = 0
        self.since = 0.0
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the child
        # -I: nothing but what is installed is ever imported.
        line = [sys.executable, "-I", str(_CHILD), str(memory + GO_RUNTIME)]
        self._process = subprocess.Popen(
            without_network(line),
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env={"LC_ALL": "C.UTF-8", "HOME": "/nonexistent", "KUBECONFIG": os.devnull, "PATH": "/nonexistent"},
            start_new_session=True,
            bufsize=0,
        )

    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, request: dict[str, Any], timeout: float) -> dict[str, Any]:
        until = time.monotonic() + timeout
        data = json.dumps(request).encode()
        self.rendered += 1
        try:
            self._send(len(data).to_bytes(8, "big") + data, until)
            size = int.from_bytes(self._receive(8, until), "big")
            if size > _MOST_ANSWER:
                raise RenderError(f"helm answered with more than {_MOST_ANSWER} bytes")
            answer: dict[str, Any] = json.loads(self._receive(size, until))
        except TimeoutError:
            raise RenderError(
                f"helm took longer than {timeout:.0f} s",
                hint="raise render_timeout in the settings if the source is that large",
            ) from None
        except (EOFError, BrokenPipeError):
            raise self._died() from None
        return answer

    def _send(self, data: bytes, until: float) -> None:
        # The child reads in a thread of its own, so that this never waits for what it renders.
        assert self._process.stdin is not None
        handle = self._process.stdin.fileno()
        view = memoryview(data)
        while view:
            _ready(handle, select.POLLOUT, until)
            view = view[os.write(handle, view[:65536]) :]

    def _receive(self, size: int, until: float) -> bytes:
        assert self._process.stdout is not None
        handle = self._process.stdout.fileno()
        got = bytearray()
        while len(got) < size:
            _ready(handle, select.POLLIN, until)
            part = os.read(handle, min(size - len(got), 1_000_000))
            if not part:
                raise EOFError
            got += part
        return bytes(got)

    def _died(self) -> RenderError:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        self._said.seek(0)
        said = self._said.read(200_000).decode("utf-8", "replace")
        if "out of memory" in said or "allocate memory" in said or "MemoryError" in said:
            return RenderError(
                f"helm needed more memory than it may have ({self.memory} bytes)",
                hint="raise render_memory in the settings if the chart is that large",
            )
        if "stack overflow" in said or "stack exceeds" in said:
            return RenderError("helm's templates call each other without an end")
        if "No module named" in said or "OSError" in said or "HelmLibraryError" in said:
            return RenderError(
                "the library of the extra `helm` can't be loaded here",
                hint="set helm_in_process: false in your settings to render by the program helm",
            )
        return RenderError(
            "helm crashed", hint="set helm_in_process: false in your settings to render by the program helm"
        )

    def end(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._said):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()


def _ready(handle: int, event: int, until: float) -> None:
    poll = select.poll()
    poll.register(handle, event)
    if not poll.poll(max(0.0, until - time.monotonic()) * 1000):
        raise TimeoutError


def _take(memory: int) -> _Child:
    while True:
        with _lock:
            child = _idle.pop() if _idle else None
        if child is None:
            return _Child(memory)
        if child.alive() and child.memory == memory:
            return child
        child.end()


def _give_back(child: _Child) -> None:
    global _sweeper
    if child.rendered >= _MOST_RENDERED:
        child.end()
        return
    child.since = time.monotonic()
    with _lock:
        _idle.append(child)
        if _sweeper is None:
            _sweeper = threading.Timer(_IDLE, _sweep)
            _sweeper.daemon = True
            _sweeper.start()


def _sweep() -> None:
    """Ends the children that had nothing to do."""
    global _sweeper
    old = time.monotonic() - _IDLE
    with _lock:
        gone = [each for each in _idle if each.since <= old]
        _idle[:] = [each for each in _idle if each.since > old]
        _sweeper = None
        if _idle:
            _sweeper = threading.Timer(_IDLE, _sweep)
            _sweeper.daemon = True
            _sweeper.start()
    for each in gone:
        each.end()


@atexit.register
def end_all() -> None:
    """Ends the children that wait for work."""
    with _lock:
        gone, _idle[:] = list(_idle), []
    for each in gone:
        each.end()
