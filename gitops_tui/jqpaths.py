"""Runs jq path expressions of ignore rules, bounded in time and memory.

The library runs inside C, where nothing can stop it; so it runs in a process of its own, started when the first
expression is asked for, which is ended when it takes too long. An expression that was too slow once is not tried again.
"""

from __future__ import annotations

import atexit
import os
import re
import selectors
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import Any

import orjson

TIMEOUT = 1.0
# Starting the process and loading the library is not the expression's fault.
START_TIMEOUT = 20.0
_MAX_ANSWER = 8_000_000
# An object that has no such list is no fault of the expression.
_NOTHING = "Cannot iterate over null"
_SHAPES = re.compile(
    r"Cannot (?:index|iterate over) (?:object|array|string|number|boolean|null)(?: with (?:string|number))?"
)
MISSING = "jqPathExpressions need the extra jq: pip install 'gitops-tui[jq]'"

_WORKER = """
import json, os, sys
os.environ.clear()
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
except (ImportError, ValueError, OSError):
    pass
try:
    import jq
except ImportError:
    print(json.dumps("missing"), flush=True)
    sys.exit()
print(json.dumps("ready"), flush=True)
programs = {}
for line in sys.stdin:
    expression, obj = json.loads(line)
    kind = "error"
    try:
        if expression not in programs:
            programs[expression] = jq.compile("[path(" + expression + ")]")
        kind = "failed"
        answer = {"paths": programs[expression].input_value(obj).first()}
    except MemoryError:
        answer = {"error": "it needs too much memory"}
    except Exception as error:
        answer = {kind: str(error)[:500]}
    print(json.dumps(answer), flush=True)
"""


class JqPaths:
    """One process and what it has answered. Safe to call from several threads."""

    def __init__(self, timeout: float = TIMEOUT) -> None:
        self._timeout = timeout
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._rest = b""
        self._off: dict[str, str] = {}
        self._known: dict[tuple[str, bytes], list[tuple[Any, ...]] | str] = {}

    def paths(self, expression: str, obj: Mapping[str, Any]) -> list[tuple[Any, ...]] | str:
        """The paths that an expression names in an object, or why it can't be used."""
        if expression in self._off:
            return self._off[expression]
        try:
            body = orjson.dumps(obj)
        except (TypeError, ValueError):
            return []
        with self._lock:
            known = self._known.get((expression, body))
            if known is None:
                known = self._ask(expression, body)
                if len(self._known) > 500 or len(body) > 100_000:
                    self._known.clear()
                self._known[expression, body] = known
            return known

    def _ask(self, expression: str, body: bytes) -> list[tuple[Any, ...]] | str:
        process = self._start()
        if isinstance(process, str):
            return process
        answer = self._line(process, b"[" + orjson.dumps(expression) + b"," + body + b"]\n", self._timeout)
        if answer is None:
            self.close()
            self._off[expression] = f"it takes longer than {self._timeout:g} s, or too much memory"
            return self._off[expression]
        found = orjson.loads(answer)
        if "error" in found:
            return str(found["error"]).removeprefix("jq: error: ").split("\n", 1)[0][:200]
        if "failed" in found:
            return [] if str(found["failed"]).startswith(_NOTHING) else _without_values(str(found["failed"]))
        return [each for path in found["paths"] if isinstance(path, list) for each in _plain(path)]

    def _start(self) -> subprocess.Popen[bytes] | str:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.close()
        self._process = process = subprocess.Popen(
            [sys.executable, "-c", _WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
        ready = self._line(process, b"", START_TIMEOUT)
        if ready != b'"ready"':
            self.close()
            return MISSING if ready == b'"missing"' else "jq did not start"
        return process

    def _line(self, process: subprocess.Popen[bytes], sent: bytes, timeout: float) -> bytes | None:
        """Sends, and reads one line; None where it ends or takes too long."""
        import time

        assert process.stdin is not None
        assert process.stdout is not None
        deadline = time.monotonic() + timeout
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            if sent:
                selector.register(process.stdin, selectors.EVENT_WRITE)
            while True:
                if not sent and b"\n" in self._rest:
                    line, _, self._rest = self._rest.partition(b"\n")
                    return line
                left = deadline - time.monotonic()
                if left <= 0 or len(self._rest) > _MAX_ANSWER:
                    return None
                for key, _ in selector.select(left):
                    try:
                        if key.fileobj is process.stdin:
                            sent = sent[os.write(process.stdin.fileno(), sent[:65536]) :]
                            if not sent:
                                selector.unregister(process.stdin)
                        else:
                            got = os.read(process.stdout.fileno(), 65536)
                            if not got:
                                return None
                            self._rest += got
                    except BlockingIOError:
                        continue
                    except OSError:
                        return None

    def close(self) -> None:
        """Ends the process."""
        process, self._process, self._rest = self._process, None, b""
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    try:
                        pipe.close()
                    except OSError:
                        pass


def _without_values(message: str) -> str:
    """What jq said about an object, without the values in it: they may be secret, and an expression may ask for them."""
    if message.startswith("Invalid path expression"):
        return "it names no path"
    found = _SHAPES.match(message)
    return found[0] if found else "jq fails on this object"


def _plain(path: list[Any]) -> list[tuple[Any, ...]]:
    """A path as steps; one that ends in a slice (`.a[1:3]`) as a path to each of its items."""
    *before, last = path or [None]
    if not isinstance(last, dict):
        return [tuple(path)]
    first, end = last.get("start") or 0, last.get("end")
    if not isinstance(first, int) or not isinstance(end, int) or not 0 <= first <= end <= first + 10_000:
        return []
    return [(*before, at) for at in range(first, end)]


_shared = JqPaths()
atexit.register(_shared.close)


def jq_paths(expression: str, obj: Mapping[str, Any]) -> list[tuple[Any, ...]] | str:
    """The paths that a jq path expression names in an object, or why it can't be used."""
    return _shared.paths(expression, obj)
