"""A chart repository and an OCI registry on a loopback address."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def archive(name: str, files: dict[str, str | bytes], links: dict[str, str] | None = None) -> bytes:
    """A chart's .tgz; paths begin with the chart's folder unless they begin with "/" or ".."."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for path, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(path if path.startswith(("/", "..")) else f"{name}/{path}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
        for path, to in (links or {}).items():
            info = tarfile.TarInfo(f"{name}/{path}")
            info.type, info.linkname = tarfile.SYMTYPE, to
            tar.addfile(info)
    return gzip.compress(made.getvalue(), mtime=0)


def chart(name: str, version: str, template: str, more: dict[str, str] | None = None) -> bytes:
    head = f"apiVersion: v2\nname: {name}\nversion: {version}\n"
    return archive(
        name, {"Chart.yaml": head, "values.yaml": "said: own\n", "templates/x.yaml": template, **(more or {})}
    )


class ChartServer:
    """add: publishes a version in the index and in the registry. password: what both demand of the user "dana"."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.entries: dict[str, list[dict[str, object]]] = {}
        self.manifests: dict[str, dict[str, bytes]] = {}
        self.password = ""
        self.asked: list[tuple[str, str]] = []
        self.redirect: dict[str, str] = {}
        self.etag = True
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.answer(self)

            do_HEAD = do_GET  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.http.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/charts"
        self.oci = f"oci://127.0.0.1:{self.port}/charts"

    def add(self, name: str, version: str, data: bytes, *, digest: str | None = None, place: str = "") -> None:
        found = hashlib.sha256(data).hexdigest()
        self.files[f"/charts/{name}-{version}.tgz"] = data
        entry = {"version": version, "urls": [place or f"{name}-{version}.tgz"], "digest": found if digest is None else digest,
                 "created": "2024-05-01T10:00:00.123456789Z"}  # fmt: skip
        self.entries.setdefault(name, []).insert(0, entry)
        self.files[f"/v2/charts/{name}/blobs/sha256:{found}"] = data
        manifest = {"schemaVersion": 2, "config": {"mediaType": "application/vnd.cncf.helm.config.v1+json"},
                    "layers": [{"mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip", "digest": f"sha256:{found}"}]}  # fmt: skip
        self.manifests.setdefault(name, {})[version.replace("+", "_")] = json.dumps(manifest).encode()

    def count(self, part: str) -> int:
        return sum(part in path for path, _ in self.asked)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        path, given = request.path.split("?")[0], request.headers.get("Authorization", "")
        self.asked.append((request.path, given))
        basic = "Basic " + base64.b64encode(f"dana:{self.password}".encode()).decode()
        if path == "/token":
            return self._send(request, 200 if given == basic else 401, b'{"token": "t0ken"}')
        if self.password and given != ("Bearer t0ken" if path.startswith("/v2/") else basic):
            realm = f'Bearer realm="http://127.0.0.1:{self.port}/token",service="x"'
            return self._send(request, 401, b"", {"WWW-Authenticate": realm})
        if path in self.redirect:
            return self._send(request, 302, b"", {"Location": self.redirect[path]})
        if path == "/charts/index.yaml":
            body = (
                json.dumps({"apiVersion": "v1", "entries": self.entries})
                .replace('"apiVersion"', "\n apiVersion", 1)
                .encode()
            )
            etag = hashlib.sha256(body).hexdigest()
            if self.etag and request.headers.get("If-None-Match") == etag:
                return self._send(request, 304, b"")
            return self._send(request, 200, body, {"ETag": etag})
        parts = path.split("/")
        if path.startswith("/v2/") and parts[-2] in ("tags", "manifests"):
            known = self.manifests.get(parts[3], {})
            if parts[-1] == "list":
                return self._send(request, 200 if known else 404, json.dumps({"tags": list(known)}).encode())
            body = known.get(parts[-1])
            return self._send(request, 404 if body is None else 200, body or b"")
        body = self.files.get(path)
        return self._send(request, 404 if body is None else 200, body or b"")

    @staticmethod
    def _send(request: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        request.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            request.send_header(name, value)
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(body)


@contextmanager
def chart_server() -> Iterator[ChartServer]:
    server = ChartServer()
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        server.http.server_close()
        thread.join()
