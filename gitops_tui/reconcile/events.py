"""A Kubernetes Event when an operation begins and when it ends, on the application's state ConfigMap.

As Argo CD's audit logger: `kubectl get events -n gitops-tui` shows who synced what. Whoever may not write Events is told
once; the operation goes on.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gitops_tui.errors import GitOpsError
from gitops_tui.model.snapshot import Severity
from gitops_tui.model.sync import Initiator, OperationPhase, ResultStatus, SyncOperation
from gitops_tui.model.text import printable, redact
from gitops_tui.reconcile.session import ClusterSession
from gitops_tui.state import configmap_name

if TYPE_CHECKING:
    from gitops_tui.reconcile.worker import Engine

_WAIT = 5.0
# The API server's limit on an Event's message is 1 KiB.
_MAX_MESSAGE = 1000
_REASONS = {
    OperationPhase.RUNNING: "OperationStarted",
    OperationPhase.SUCCEEDED: "OperationCompleted",
    OperationPhase.FAILED: "OperationFailed",
    OperationPhase.STOPPED: "OperationStopped",
    OperationPhase.UNKNOWN: "OperationUnknown",
}


def event(operation: SyncOperation, namespace: str, user: str, now: datetime) -> dict[str, Any]:
    """The Event (core/v1) for an operation as it is."""
    name = configmap_name(operation.app)
    moment = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    fine = operation.phase in (OperationPhase.RUNNING, OperationPhase.SUCCEEDED)
    who = operation.who + (f" as {user}" if user else "")
    said = f"{operation.initiator.value} sync of {operation.app} to {operation.revision[:12]} by {who}"
    if operation.initiator is Initiator.DELETE:
        said = f"deletion of {operation.app} by {who}"
    if operation.phase is not OperationPhase.RUNNING:
        done = sum(each.status is ResultStatus.DONE for each in operation.results)
        said += f" {operation.phase.value.lower()}: {done} of {len(operation.results)} done"
    if operation.message:
        said += f"; {operation.message}"
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{name[:200]}.{secrets.token_hex(8)}", "namespace": namespace},
        "involvedObject": {"apiVersion": "v1", "kind": "ConfigMap", "namespace": namespace, "name": name},
        "type": "Normal" if fine else "Warning",
        "reason": _REASONS[operation.phase],
        "message": printable(redact(said))[:_MAX_MESSAGE],
        "source": {"component": "gitops-tui", "host": printable(socket.gethostname())},
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "count": 1,
    }


async def tell(engine: Engine, session: ClusterSession, operation: SyncOperation) -> None:
    """Writes it. Raises nothing: what goes wrong is said once for the session."""
    made = event(operation, engine.settings.state_namespace, session.cluster.user, datetime.now(UTC))
    try:
        async with asyncio.timeout(_WAIT):
            await session.cluster.create(made)
    except TimeoutError:
        return
    except GitOpsError as error:
        engine.say(Severity.WARNING, "state", f"Kubernetes Events of operations can't be written: {error.message}")
