"""In which order kinds are created: what others need comes first. Kinds that are not named come last."""

from __future__ import annotations

# Argo CD's (gitops-engine/pkg/sync/sync_tasks.go), which took it from an older Helm.
ARGOCD = (
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
# helm, pkg/release/v1/util/kind_sorter.go: InstallOrder.
HELM = ("PriorityClass", *ARGOCD, "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
