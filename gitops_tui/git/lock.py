"""A mirror's lock against other processes that use the same cache folder."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gitops_tui.errors import GitError, GitStopped

_LOOK_AGAIN = 0.05


@contextmanager
def locked(
    folder: Path,
    *,
    timeout: float = 600.0,
    stop: threading.Event | None = None,
    waiting: Callable[[], None] | None = None,
) -> Iterator[None]:
    """Holds the lock of a mirror; waits for whoever has it, `timeout` seconds at most (`waiting` is called once then).

    Raises OSError where the lock file can't be written, GitError past the timeout, GitStopped. The system frees the
    lock of a process that ends, however it ends.
    """
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    deadline = time.monotonic() + timeout
    with (folder.parent / f"{folder.name}.lock").open("a+") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                pass
            if waiting is not None:
                waiting()
                waiting = None
            if stop is not None and stop.is_set():
                raise GitStopped("stopped while another process used the repository's mirror")
            if time.monotonic() > deadline:
                handle.seek(0)
                holder = handle.read(20).strip()
                raise GitError(
                    f"another process{f' ({holder})' if holder.isdigit() else ''} has been using the mirror of this "
                    f"repository for more than {timeout:.0f} s",
                    hint="wait for it or end it",
                )
            time.sleep(_LOOK_AGAIN)
        handle.seek(0)
        handle.truncate()
        handle.write(str(os.getpid()))
        handle.flush()
        yield


def drop_stale_locks(folder: Path) -> None:
    """Removes git's own lock files that a killed process left in a mirror. Only while `locked`: then no git of ours runs there."""
    for pattern in ("*.lock", "refs/**/*.lock", "objects/info/**/*.lock", "objects/pack/*.lock"):
        for place in folder.glob(pattern):
            place.unlink(missing_ok=True)
    for pattern in ("objects/pack/tmp_*", "objects/tmp_*", "objects/**/tmp_obj_*"):
        for place in folder.glob(pattern):
            if place.is_file():
                place.unlink(missing_ok=True)
