"""Connection, discovery, list and watch into a live store, writes."""

from gitops_tui.kube.cluster import Cluster
from gitops_tui.kube.config import ContextInfo, contexts
from gitops_tui.kube.discovery import Discovery, ResourceType
from gitops_tui.kube.informer import WatchSpec, WatchStatus
from gitops_tui.kube.store import LiveStore
from gitops_tui.kube.transport import ApiWrite

__all__ = [
    "ApiWrite",
    "Cluster",
    "ContextInfo",
    "Discovery",
    "LiveStore",
    "ResourceType",
    "WatchSpec",
    "WatchStatus",
    "contexts",
]
