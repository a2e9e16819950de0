"""A small client of a real API server for the tests that ask it for its verdict: one connection, one request at a time."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from gitops_tui.schema import builtin
from tests.support.waiting import until

KINDS = {(info.gvk.api_version, info.gvk.kind): info for info in builtin().kinds.values()}


class Refused(Exception):
    """The server refused; its message."""


class Server:
    """As the user of a kubeconfig, in one namespace."""

    def __init__(self, kubeconfig: Path, namespace: str = "default") -> None:
        config = yaml.safe_load(kubeconfig.read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self._context = ssl.create_default_context(cadata=_given(cluster, "certificate-authority", kubeconfig).decode())
        self._headers = {"Accept": "application/json"}
        if "token" in user:
            self._headers["Authorization"] = f"Bearer {user['token']}"
        else:
            with tempfile.TemporaryDirectory() as folder:
                pair = Path(folder) / "pair.pem"
                pair.write_bytes(
                    _given(user, "client-certificate", kubeconfig) + b"\n" + _given(user, "client-key", kubeconfig)
                )
                self._context.load_cert_chain(str(pair))
        self._url = urlsplit(cluster["server"])
        self._connection: http.client.HTTPSConnection | None = None
        self.namespace = namespace

    def ask(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
        for attempt in range(3):
            if self._connection is None:
                self._connection = http.client.HTTPSConnection(
                    self._url.hostname or "", self._url.port, context=self._context, timeout=60
                )
            try:
                data = json.dumps(body) if body is not None else None
                self._connection.request(method, path, data, self._headers | {"Content-Type": kind})
                answer = self._connection.getresponse()
                text = answer.read()
                break
            except (http.client.HTTPException, OSError):
                self._connection = None
                if attempt == 2:
                    raise
        try:
            found = json.loads(text)
        except ValueError as error:  # the plain "404 page not found" of a kind that is not served yet
            raise Refused(text.decode(errors="replace")[:200]) from error
        if answer.status >= 400:
            raise Refused(found.get("message", str(found)))
        return found

    def path(self, obj: dict[str, Any], sub: str = "") -> str:
        version, kind = obj["apiVersion"], obj["kind"]
        info = KINDS.get((version, kind))
        plural = info.plural if info is not None else kind.lower() + "s"
        root = f"/api/{version}" if "/" not in version else f"/apis/{version}"
        where = "" if info is not None and not info.namespaced else f"/namespaces/{self.namespace}"
        return f"{root}{where}/{plural}/{obj['metadata']['name']}{sub}"

    def get(self, obj: dict[str, Any]) -> dict[str, Any]:
        return dict(self.ask("GET", self.path(obj)))

    def apply(self, obj: dict[str, Any], manager: str = "gitops-tui", *, dry_run: bool = False) -> dict[str, Any]:
        """Server-side apply, forcing conflicts, as `kubectl diff --server-side --force-conflicts` asks with dry_run."""
        query = f"?fieldManager={manager}&force=true" + ("&dryRun=All" if dry_run else "")
        return dict(self.ask("PATCH", self.path(obj) + query, obj, "application/apply-patch+yaml"))

    def edit(self, obj: dict[str, Any], manager: str = "kubectl-edit") -> dict[str, Any]:
        """Replaces, as `kubectl edit` and `kubectl replace` do."""
        return dict(self.ask("PUT", self.path(obj) + f"?fieldManager={manager}", obj))

    def scale(self, obj: dict[str, Any], replicas: int, manager: str = "kubectl") -> None:
        """As `kubectl scale`."""
        path = self.path(obj, "/scale") + f"?fieldManager={manager}"
        self.ask("PATCH", path, {"spec": {"replicas": replicas}}, "application/merge-patch+json")

    def delete(self, obj: dict[str, Any]) -> None:
        try:
            self.ask("DELETE", self.path(obj), {"propagationPolicy": "Background"})
        except Refused:
            pass

    def until_gone(self, obj: dict[str, Any]) -> None:
        """Waits until it is not there any more."""

        def gone() -> bool:
            try:
                self.get(obj)
            except Refused:
                return True
            return False

        until(gone)

    def until_served(self, obj: dict[str, Any]) -> None:
        """Waits until the kind is served: a dry run of the object is taken."""
        said: list[Refused] = []

        def takes() -> bool:
            try:
                self.apply(obj, dry_run=True)
            except Refused as error:
                said.append(error)
                return False
            return True

        until(takes, told=lambda: said[-1])


def _given(where: dict[str, Any], name: str, kubeconfig: Path) -> bytes:
    if f"{name}-data" in where:
        return base64.b64decode(where[f"{name}-data"])
    return (kubeconfig.parent / where[name]).read_bytes()
