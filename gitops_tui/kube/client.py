"""aiohttp, imported without the system's certificates.

While `aiohttp.connector` is imported it reads them, twice, for two contexts that stand for "no context named": a twentieth
of a second in which nothing else runs. Each of our requests names its own context (`access.Access`), so those two stay
empty: a request that named none would trust nobody.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def _no_certificates() -> Iterator[None]:
    """In this thread alone no context takes the system's certificates."""
    whole = ssl.SSLContext.set_default_verify_paths
    here = threading.get_ident()

    def none(context: ssl.SSLContext, *args: Any) -> None:
        if threading.get_ident() != here:
            whole(context, *args)

    ssl.SSLContext.set_default_verify_paths = none  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        ssl.SSLContext.set_default_verify_paths = whole  # type: ignore[method-assign]


with _no_certificates():
    import aiohttp as aiohttp

__all__ = ["aiohttp"]
