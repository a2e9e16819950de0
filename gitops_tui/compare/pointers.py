"""Which scalars of Kubernetes' own types are pointers in Go: their zero value is stored, and is not the same as no value.

OpenAPI doesn't tell. Out of k8s.io/api, apiextensions-apiserver and kube-aggregator v0.37.2 (the fields of their structs
that are `*bool`, `*int32`, `*string` and the like; what only a status has is left out). Each line: the group and the name of
a struct, as `Node.struct` has them, and its fields.
"""

from __future__ import annotations

from typing import Final

from gitops_tui.schema import Node

_LINES: Final = """
admissionregistration.MatchResources matchPolicy
admissionregistration.MutatingAdmissionPolicySpec failurePolicy
admissionregistration.MutatingWebhook failurePolicy matchPolicy reinvocationPolicy sideEffects timeoutSeconds
admissionregistration.NamedRuleWithOperations scope
admissionregistration.ParamRef parameterNotFoundAction
admissionregistration.RuleWithOperations scope
admissionregistration.ServiceReference path port
admissionregistration.ValidatingAdmissionPolicySpec failurePolicy
admissionregistration.ValidatingWebhook failurePolicy matchPolicy sideEffects timeoutSeconds
admissionregistration.Validation reason
admissionregistration.WebhookClientConfig url
apiextensions.CustomResourceDefinitionVersion deprecationWarning
apiextensions.CustomResourceSubresourceScale labelSelectorPath
apiextensions.JSONSchemaProps $ref maxItems maxLength maxProperties maximum minItems minLength minProperties minimum
apiextensions.JSONSchemaProps multipleOf x-kubernetes-list-type x-kubernetes-map-type
apiextensions.JSONSchemaProps x-kubernetes-preserve-unknown-fields
apiextensions.ServiceReference path port
apiextensions.ValidationRule optionalOldSelf reason
apiextensions.WebhookClientConfig url
apiregistration.ServiceReference port
apps.DaemonSetSpec revisionHistoryLimit
apps.DeploymentSpec progressDeadlineSeconds replicas revisionHistoryLimit
apps.ReplicaSetSpec replicas
apps.RollingUpdateStatefulSetStrategy partition
apps.StatefulSetSpec replicas revisionHistoryLimit
authentication.TokenRequestSpec expirationSeconds
autoscaling.HPAScalingRules selectPolicy stabilizationWindowSeconds
autoscaling.HorizontalPodAutoscalerSpec minReplicas targetCPUUtilizationPercentage
autoscaling.MetricTarget averageUtilization
batch.CronJobSpec failedJobsHistoryLimit startingDeadlineSeconds successfulJobsHistoryLimit suspend timeZone
batch.JobSpec activeDeadlineSeconds backoffLimit backoffLimitPerIndex completionMode completions managedBy
batch.JobSpec manualSelector maxFailedIndexes parallelism podReplacementPolicy suspend ttlSecondsAfterFinished
batch.PodFailurePolicyOnExitCodesRequirement containerName
batch.SuccessPolicyRule succeededCount succeededIndexes
certificates.CertificateSigningRequestSpec expirationSeconds
certificates.PodCertificateRequestSpec maxExpirationSeconds
coordination.LeaseSpec holderIdentity leaseDurationSeconds leaseTransitions preferredHolder strategy
core.AppArmorProfile localhostProfile
core.AzureDiskVolumeSource cachingMode fsType kind readOnly
core.AzureFilePersistentVolumeSource secretNamespace
core.CSIVolumeSource fsType readOnly
core.ClientIPConfig timeoutSeconds
core.ClusterTrustBundleProjection name optional signerName user
core.ConfigMap immutable
core.ConfigMapEnvSource optional
core.ConfigMapKeySelector optional
core.ConfigMapProjection optional
core.ConfigMapVolumeSource defaultMode defaultUser optional
core.Container restartPolicy
core.DownwardAPIVolumeFile mode user
core.DownwardAPIVolumeSource defaultMode defaultUser
core.EmptyDirVolumeSource mode
core.EndpointAddress nodeName
core.EndpointPort appProtocol
core.EphemeralContainer restartPolicy
core.EvictionResponder priority
core.FCVolumeSource lun
core.FileKeySelector optional
core.GRPCAction mode service
core.GlusterfsPersistentVolumeSource endpointsNamespace
core.HTTPGetAction protocol
core.HostPathVolumeSource type
core.ISCSIPersistentVolumeSource initiatorName
core.ISCSIVolumeSource initiatorName
core.KeyToPath mode user
core.Lifecycle stopSignal
core.LoadBalancerIngress ipMode
core.LocalVolumeSource fsType
core.NodeFeatures supplementalGroupsPolicy
core.NodeRuntimeHandlerFeatures recursiveReadOnlyMounts userNamespaces
core.NodeSystemInfo runningInUserNamespace
core.PersistentVolumeClaimSpec storageClassName volumeAttributesClassName volumeMode
core.PersistentVolumeSpec volumeAttributesClassName volumeMode
core.PodCertificateProjection maxExpirationSeconds user
core.PodDNSConfigOption value
core.PodResourceClaim resourceClaimName resourceClaimTemplateName
core.PodSchedulingGroup podGroupName
core.PodSecurityContext fsGroup fsGroupChangePolicy runAsGroup runAsNonRoot runAsUser seLinuxChangePolicy
core.PodSecurityContext supplementalGroupsPolicy
core.PodSpec activeDeadlineSeconds automountServiceAccountToken enableServiceLinks hostUsers hostnameOverride
core.PodSpec preemptionPolicy priority runtimeClassName setHostnameAsFQDN shareProcessNamespace
core.PodSpec terminationGracePeriodSeconds
core.Probe terminationGracePeriodSeconds
core.ProjectedVolumeSource defaultMode defaultUser
core.ReplicationControllerSpec replicas
core.ResourceHealth message
core.SeccompProfile localhostProfile
core.Secret immutable
core.SecretEnvSource optional
core.SecretKeySelector optional
core.SecretProjection optional
core.SecretVolumeSource defaultMode defaultUser optional
core.SecurityContext allowPrivilegeEscalation privileged procMount readOnlyRootFilesystem runAsGroup runAsNonRoot
core.SecurityContext runAsUser
core.ServiceAccount automountServiceAccountToken
core.ServiceAccountTokenProjection expirationSeconds user
core.ServicePort appProtocol
core.ServiceSpec allocateLoadBalancerNodePorts internalTrafficPolicy ipFamilyPolicy loadBalancerClass
core.ServiceSpec trafficDistribution
core.Toleration tolerationSeconds
core.TopologySpreadConstraint minDomains nodeAffinityPolicy nodeTaintsPolicy
core.TypedLocalObjectReference apiGroup
core.TypedObjectReference apiGroup namespace
core.VolumeMount mountPropagation recursiveReadOnly
core.WindowsSecurityContextOptions gmsaCredentialSpec gmsaCredentialSpecName hostProcess runAsUserName
discovery.Endpoint hostname nodeName zone
discovery.EndpointConditions ready serving terminating
discovery.EndpointPort appProtocol name port protocol
flowcontrol.ExemptPriorityLevelConfiguration lendablePercent nominalConcurrencyShares
flowcontrol.LimitedPriorityLevelConfiguration borrowingLimitPercent lendablePercent nominalConcurrencyShares
meta.DeleteOptions gracePeriodSeconds ignoreStoreReadErrorWithClusterBreakingPotential orphanDependents
meta.DeleteOptions propagationPolicy
meta.ListMeta remainingItemCount
meta.ObjectMeta deletionGracePeriodSeconds
meta.OwnerReference blockOwnerDeletion controller
meta.Preconditions resourceVersion uid
networking.HTTPIngressPath pathType
networking.IngressClassParametersReference apiGroup namespace scope
networking.IngressSpec ingressClassName
networking.NetworkPolicyPort endPort protocol
policy.PodDisruptionBudgetSpec unhealthyPodEvictionPolicy
resource.Device allNodes allowMultipleAllocations bindsToNode nodeName
resource.DeviceAttribute bool int string version
resource.DeviceClassSpec extendedResourceName
resource.DeviceConstraint distinctAttribute matchAttribute
resource.DeviceRequestAllocationResult adminAccess shareID
resource.DeviceTaintSelector device driver pool
resource.DeviceToleration tolerationSeconds
resource.ExactDeviceRequest adminAccess
resource.NodeAllocatableMapping capacityKey
resource.ResourceSliceSpec allNodes nodeName partitionTypeAttribute perDeviceNodeSelection
scheduling.PriorityClass preemptionPolicy
scheduling.WorkloadPodGroupGangSchedulingPolicy minCount
scheduling.WorkloadPodGroupResourceClaim resourceClaimName resourceClaimTemplateName
storage.CSIDriverSpec attachRequired fsGroupPolicy nodeAllocatableUpdatePeriodSeconds podInfoOnMount
storage.CSIDriverSpec preventPodSchedulingIfMissing requiresRepublish seLinuxMount serviceAccountTokenInSecrets
storage.CSIDriverSpec storageCapacity
storage.StorageClass allowVolumeExpansion reclaimPolicy volumeBindingMode
storage.TokenRequest expirationSeconds
storage.VolumeAttachmentSource persistentVolumeName
storage.VolumeError errorCode
storage.VolumeNodeResources count
"""


def _read() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for line in _LINES.strip().splitlines():
        struct, *fields = line.split()
        found.setdefault(struct, set()).update(fields)
    return found


_POINTERS: Final = _read()


def is_pointer(node: Node, name: str) -> bool:
    """Whether a field is a pointer. node: its type; name: its name."""
    return node.owner is not None and name in _POINTERS.get(node.owner.struct, ())
