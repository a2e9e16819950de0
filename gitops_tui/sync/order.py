"""The order of kinds within a wave: what others need comes first.

The sequence is the one that Argo CD and Helm use (gitops-engine/pkg/sync/sync_tasks.go); other kinds come after it.
"""

from __future__ import annotations

from gitops_tui.model.keys import ResourceKey

_KINDS = (
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
)
_RANK = {kind: rank for rank, kind in enumerate(_KINDS)}


def kind_rank(kind: str) -> int:
    """Smaller comes first."""
    return _RANK.get(kind, len(_KINDS))


def order(wave: int, key: ResourceKey) -> tuple[int, int, str, str, str]:
    """What to sort by inside one phase: wave, kind, then names."""
    # Namespaces and CRDs come before everything of a phase that could need them, whatever their kind's neighbours.
    return (wave, kind_rank(key.kind), key.kind, key.namespace, key.name)
