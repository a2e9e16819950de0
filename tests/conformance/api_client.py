"""A tiny client: JSON in, status and JSON out, over a connection kept for each thread. Knows nothing of Kubernetes."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import threading
import time
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the body as JSON, or as text where it is none."""

    status: int
    body: Any
    headers: Mapping[str, str]
    warnings: tuple[str, ...] = ()


class Client:
    """Speaks to the API server of a kubeconfig's current context."""

    def __init__(self, kubeconfig: Path) -> None:
        config = yaml.safe_load(kubeconfig.read_text())
        context = next(each["context"] for each in config["contexts"] if each["name"] == config["current-context"])
        cluster = next(each["cluster"] for each in config["clusters"] if each["name"] == context["cluster"])
        user = next(each["user"] for each in config["users"] if each["name"] == context["user"])
        self._url = urllib.parse.urlsplit(cluster["server"])
        self._tls: ssl.SSLContext | None = None
        if self._url.scheme == "https":
            data = cluster.get("certificate-authority-data")
            self._tls = ssl.create_default_context(
                cadata=base64.b64decode(data).decode() if data else None, cafile=cluster.get("certificate-authority")
            )
        self.token = str(user.get("token") or "")
        self._lines = threading.local()

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float = 30,
    ) -> Answer:
        """One request. Raises OSError or http.client.HTTPException where no answer comes."""
        sent = {"Authorization": f"Bearer {self.token}", "User-Agent": "conformance/1", **(headers or {})}
        for attempt in (1, 2):
            line = self._line(timeout)
            try:
                line.request(method, path, body, sent)
                response = line.getresponse()
                text = response.read()
                break
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self._lines.line = None
                if attempt == 2:  # a kept connection may have been closed from the other side: once again
                    raise
        kind = response.headers.get_content_type()
        said = json.loads(text) if text and kind == "application/json" else text.decode(errors="replace")
        warnings = tuple(response.headers.get_all("Warning") or ())
        return Answer(response.status, said, dict(response.headers), warnings)

    def stream(
        self,
        path: str,
        enough: Callable[[list[Any]], bool],
        *,
        deadline: float = 20,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Reads JSON lines until there are enough, the server ends it, or the deadline (seconds) passes."""
        line = self._new(1.0)
        found: list[Any] = []
        try:
            line.request("GET", path, headers={"Authorization": f"Bearer {self.token}", **(headers or {})})
            end = time.monotonic() + deadline
            while True:  # the answer's head may take until the first event
                try:
                    response = line.getresponse()
                    break
                except TimeoutError:
                    if time.monotonic() > end:
                        return Answer(0, found, {})
            if response.status != 200:
                return Answer(response.status, json.loads(response.read()), dict(response.headers))
            rest = b""
            while time.monotonic() < end and not enough(found):
                try:
                    piece = response.read1(65536)
                except TimeoutError:
                    break
                if not piece:
                    break
                *whole, rest = (rest + piece).split(b"\n")
                found += [json.loads(each) for each in whole if each.strip()]
            return Answer(200, found, dict(response.headers))
        finally:
            line.close()

    def _line(self, timeout: float) -> http.client.HTTPConnection:
        line: http.client.HTTPConnection | None = getattr(self._lines, "line", None)
        if line is None:
            line = self._lines.line = self._new(timeout)
        return line

    def _new(self, timeout: float) -> http.client.HTTPConnection:
        host, port = str(self._url.hostname), self._url.port
        if self._tls is not None:
            return http.client.HTTPSConnection(host, port, timeout=timeout, context=self._tls)
        return http.client.HTTPConnection(host, port, timeout=timeout)
