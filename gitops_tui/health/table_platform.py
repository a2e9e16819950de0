"""Health of custom resources that carry a platform: Argo, Flux, certificates, clouds and clusters, gateways. See `table.py`."""

from __future__ import annotations

from typing import Final

READY: Final = "Progressing if lag; Degraded if Ready=False; Healthy if Ready=True; Progressing"
SEEN_READY: Final = (
    "Progressing if lag; Progressing if stale; Degraded if Ready=False; Healthy if Ready=True; Progressing"
)
SYNCED: Final = "Degraded if Synced=False; Healthy if Synced=True; Progressing"
ANALYSIS: Final = (
    "Healthy if .phase=Successful; Degraded if .phase=Failed|Error; Unknown if .phase=Inconclusive; Progressing"
)
SENSOR: Final = "Degraded if *=False; Healthy if Deployed=True; Progressing"
CERTIFICATE: Final = "Progressing if Issuing=True; " + READY
FLUX: Final = (
    "Suspended if spec.suspend=true; Progressing if lag; Degraded if Stalled=True; "
    "Progressing if Ready=Unknown; Progressing if Ready=False(Progressing|DependencyNotReady) and not Reconciling=True(ProgressingWithRetry); "
    "Degraded if Ready=False; Healthy if Ready=True; Progressing"
)
GLOO: Final = (
    "Degraded if .statuses.*.state=Rejected|Warning|2|3; Degraded if .state=Rejected|Warning|2|3; "
    "Suspended if .statuses.*.state=Pending|0; Suspended if .state=Pending|0; "
    "Healthy if .statuses.*.state=Accepted|1; Healthy if .state=Accepted|1; Progressing"
)
ROUTE: Final = (
    "Degraded if .parents[]/ResolvedRefs=False; Degraded if .parents[]/Accepted=False; "
    "Progressing if .parents[]/Programmed=False|Unknown; Healthy if .parents[]/Accepted=True; Progressing"
)
POLICY: Final = (
    "Progressing if stale .ancestors[]; Degraded if .ancestors[]/Accepted=False; Degraded if .ancestors[]/ResolvedRefs=False; "
    "Healthy if .ancestors[]/Accepted=True; Progressing"
)
NUMAFLOW: Final = (
    "Progressing if lag; Degraded if .phase=Failed; Degraded if *=False; "
    'Degraded if metadata.labels["numaplane.numaproj.io/progressive-result-state"]=failed; Healthy if .phase=Running|Paused; '
    "Progressing"
)
NUMAPLANE: Final = (
    "Progressing if lag; Degraded if .phase=Failed; Degraded if ProgressiveUpgradeSucceeded=False(*ail*); "
    "Progressing if .upgradeInProgress; Progressing if ChildResourcesHealthy=False(Progressing); "
    "Degraded if ChildResourcesHealthy=False; Healthy if .phase=Deployed; Progressing"
)
OCM_POLICY: Final = (
    "Progressing if .lastEvaluatedGeneration<metadata.generation; Degraded if .compliant=NonCompliant; "
    "Healthy if .compliant=Compliant; Progressing"
)
PROMOTER: Final = (
    "Progressing if nostatus; Progressing if stale; Degraded if Ready=False; Progressing if not Ready=True; "
    "Degraded if .environments[].phase=failure; Progressing if .environments[].phase=pending; Healthy"
)
SNAPSHOT: Final = "Degraded if .error; Healthy if .readyToUse=true; Progressing"
KARMADA: Final = (
    "Progressing if nostatus; Progressing if not .aggregatedStatus; Degraded if .aggregatedStatus[].health=Unhealthy; "
    "Degraded if .aggregatedStatus[].applied=false; Healthy if .aggregatedStatus[].applied=true; Degraded"
)
SAP: Final = (
    "Progressing if nostatus; Progressing if lag; Progressing if stale; Degraded if Failed=True; Degraded if Ready=False; "
    "Healthy if Ready=True; Progressing"
)
ROLLOUT: Final = (
    "Progressing if nostatus; Progressing if lag; "
    'Progressing if .workloadObservedGeneration<metadata.annotations["rollout.argoproj.io/workload-generation"]; '
    "Degraded if InvalidSpec=True; Degraded if .phase=Degraded; Degraded if Progressing=False(RolloutAborted|ProgressDeadlineExceeded); "
    "Healthy if .phase=Healthy; Suspended if .phase=Paused; Suspended if spec.paused=true; Suspended if .controllerPause=true; "
    "Suspended if .pauseConditions; Progressing if .updatedReplicas<spec.replicas; Progressing if .replicas>.updatedReplicas; "
    "Progressing if .availableReplicas<.updatedReplicas; Healthy"
)
CROSSPLANE: Final = (
    "Healthy if kind=*ProviderConfig|ProviderConfigUsage|Composition|CompositionRevision|DeploymentRuntimeConfig|ControllerConfig|EnvironmentConfig|ImageConfig|StoreConfig|Usage; "
    "Progressing if nostatus; Suspended if Synced=False(ReconcilePaused); Degraded if LastAsyncOperation=False; "
    "Degraded if Synced=False; Degraded if Healthy=False; Degraded if RevisionHealthy=False; Degraded if Installed=False; "
    "Degraded if ValidPipeline=False; Progressing if Ready=False|Unknown; Progressing if Offered=False|Unknown; "
    "Healthy if Ready=True; Healthy if Healthy=True; Healthy if RevisionHealthy=True; Healthy if Established=True; "
    "Healthy if Offered=True; Healthy if ValidPipeline=True; Progressing"
)
CAPI_FALSE: Final = "Progressing if Ready=False(Waiting*|*InProgress|*Progress|Scaling*|Rolling*|Provisioning|Creating|Deleting|Cloning)"
ISTIO: Final = (
    "Progressing if lag; Degraded if .validationMessages[].level=ERROR|1; Degraded if Reconciled=False(*rror*); "
    "Progressing if Reconciled=False; Healthy"
)


PLATFORM: Final[dict[str, str]] = {
    # Kubernetes' own kinds that gitops-engine has no check for
    "apiextensions.k8s.io/CustomResourceDefinition": (
        "Progressing if nostatus; Progressing if Terminating=True; Degraded if NonStructuralSchema=True; Progressing if Established=False(Installing); "
        "Degraded if NamesAccepted=False; Degraded if Established=False; Healthy if Established=True; Progressing"
    ),
    "policy/PodDisruptionBudget": (
        "Progressing if nostatus; Progressing if lag; Degraded if DisruptionAllowed=False(SyncFailed); Healthy if DisruptionAllowed; Progressing"
    ),
    "snapshot.storage.k8s.io/VolumeSnapshot": SNAPSHOT,
    "snapshot.storage.k8s.io/VolumeSnapshotContent": SNAPSHOT,
    # Argo
    "argoproj.io/Application": (
        "Healthy if .health.status=Healthy; Degraded if .health.status=Degraded; Progressing if .health.status=Progressing; "
        "Suspended if .health.status=Suspended; Missing if .health.status=Missing; Unknown"
    ),
    "argoproj.io/AnalysisRun": ANALYSIS,
    "argoproj.io/Experiment": ANALYSIS,
    "argoproj.io/ApplicationSet": (
        "Degraded if ErrorOccurred=True; Degraded if ResourcesUpToDate=False; Progressing if RolloutProgressing=True; Healthy if ResourcesUpToDate=True; Progressing"
    ),
    "argoproj.io/CronWorkflow": "Degraded if SpecError=True; Degraded if SubmissionError=True; Healthy",
    "argoproj.io/EventBus": SENSOR,
    "argoproj.io/EventSource": SENSOR,
    "argoproj.io/Sensor": SENSOR,
    "argoproj.io/Rollout": ROLLOUT,
    "spot.io/SpotDeployment": ROLLOUT,
    "numaflow.numaproj.io/*": NUMAFLOW,
    "numaplane.numaproj.io/*": NUMAPLANE,
    "promoter.argoproj.io/*": PROMOTER,
    "promoter.argoproj.io/CommitStatus": SEEN_READY,
    "promoter.argoproj.io/PullRequest": SEEN_READY,
    "promoter.argoproj.io/ArgoCDCommitStatus": (
        "Progressing if nostatus; Progressing if stale; Degraded if Ready=False; Progressing if not Ready=True; Degraded if not .applicationsSelected; Healthy"
    ),
    "promoter.argoproj.io/ChangeTransferPolicy": (
        "Progressing if nostatus; Progressing if stale; Degraded if Ready=False; Progressing if not Ready=True; Healthy if .active.dry.sha=.proposed.dry.sha; Progressing"
    ),
    "promoter.argoproj.io/PromotionStrategy": (
        "Progressing if nostatus; Progressing if stale; Degraded if Ready=False; Progressing if not Ready=True; Degraded if not .environments; "
        "Healthy if .environments[].active.dry.sha=.environments[].proposed.dry.sha; Progressing"
    ),
    # Flux
    "helm.toolkit.fluxcd.io/*": FLUX,
    "kustomize.toolkit.fluxcd.io/*": FLUX,
    "image.toolkit.fluxcd.io/*": FLUX.replace("|DependencyNotReady", ""),
    "notification.toolkit.fluxcd.io/Receiver": FLUX,
    "source.toolkit.fluxcd.io/*": FLUX,
    "source.toolkit.fluxcd.io/HelmRepository": "Healthy if spec.type=oci and not Ready; " + FLUX,
    "flagger.app/Canary": "Degraded if .phase=Failed; Healthy if .phase=Succeeded|Initialized; Progressing",
    # Certificates and secrets
    "cert-manager.io/Certificate": CERTIFICATE,
    "cert-manager.io/Issuer": READY,
    "cert-manager.io/ClusterIssuer": READY,
    "cert-manager.io/CertificateRequest": "Degraded if Denied=True; Degraded if InvalidRequest=True; Progressing if Ready=False(Pending); "
    + READY,
    "acme.cert-manager.io/*": "Healthy if .state=valid|ready; Degraded if .state=invalid|expired|errored; Progressing",
    "certmanager.k8s.io/Certificate": CERTIFICATE,
    "certmanager.k8s.io/Issuer": READY,
    "certmanager.k8s.io/ClusterIssuer": READY,
    "external-secrets.io/ClusterExternalSecret": "Healthy if Ready=True; Degraded if NotReady=True; Degraded if PartiallyReady=True; Degraded if Ready=False; Progressing",
    "external-secrets.io/ClusterSecretStore": READY,
    "external-secrets.io/ExternalSecret": READY,
    "external-secrets.io/PushSecret": READY,
    "external-secrets.io/SecretStore": READY,
    "kubernetes-client.io/ExternalSecret": "Healthy if .status=SUCCESS; Degraded if .status=ERROR*; Progressing",
    "bitnami.com/SealedSecret": SYNCED,
    "onepassword.com/OnePasswordItem": READY,
    "networking.gke.io/ManagedCertificate": (
        "Degraded if .domainStatus[].status=Failed*; Degraded if .certificateStatus=*Failed*; Healthy if .certificateStatus=Active; Progressing"
    ),
    # Clouds and clusters
    "cluster.x-k8s.io/Cluster": (
        f"Suspended if spec.paused=true; Degraded if .phase=Failed; {CAPI_FALSE}; Degraded if Ready=False; Healthy if .phase=Provisioned; Progressing"
    ),
    "cluster.x-k8s.io/Machine": "Degraded if .phase=Failed; Healthy if .phase=Running; Progressing",
    "cluster.x-k8s.io/MachineDeployment": "Suspended if spec.paused=true; Progressing if lag; Degraded if .phase=Failed; Healthy if .phase=Running; Progressing",
    "cluster.x-k8s.io/MachineSet": "Suspended if spec.paused=true; Progressing if lag; Progressing if .readyReplicas<spec.replicas; Healthy",
    "cluster.x-k8s.io/MachineHealthCheck": "Progressing if lag; Degraded if .currentHealthy<.expectedMachines; Healthy if .expectedMachines; Progressing",
    "cluster.x-k8s.io/MachinePool": f"Suspended if spec.paused=true; Degraded if .phase=Failed; {CAPI_FALSE}; Degraded if Ready=False; Healthy if Ready=True; Progressing",
    "addons.cluster.x-k8s.io/ClusterResourceSet": "Progressing if lag; Degraded if ResourcesApplied=False; Healthy if ResourcesApplied=True; Progressing",
    "controlplane.cluster.x-k8s.io/*": f"Degraded if .failureMessage; Progressing if lag; {CAPI_FALSE}; Degraded if Ready=False(?*); Healthy if Ready=True; Progressing",
    "controlplane.cluster.x-k8s.io/AWSManagedControlPlane": (
        "Degraded if .failureMessage; Progressing if lag; Degraded if *=False(*Failed); Progressing if EKSControlPlaneUpdating=True; "
        "Healthy if Ready=True and .ready=true; Progressing"
    ),
    "core.gardener.cloud/Shoot": (
        'Healthy if metadata.labels["shoot.gardener.cloud/status"]=healthy; Degraded if metadata.labels["shoot.gardener.cloud/status"]=unhealthy; '
        'Unknown if metadata.labels["shoot.gardener.cloud/status"]=unknown; Progressing'
    ),
    "karpenter.k8s.aws/EC2NodeClass": READY,
    "karpenter.sh/NodePool": READY,
    "karpenter.sh/NodeClaim": "Suspended if Disrupting=True; Degraded if Ready=False; Healthy if Ready=True; Progressing",
    "stacks.crossplane.io/ClusterStackInstall": "Healthy if .conditionedStatus/Ready=True; Progressing",
    "pulumi.com/Stack": "Progressing if lag; Degraded if Stalled=True; Progressing if Reconciling=True; Degraded if Ready=False; Healthy if Ready=True; Progressing",
    "policy.open-cluster-management.io/CertificatePolicy": OCM_POLICY,
    "policy.open-cluster-management.io/ConfigurationPolicy": OCM_POLICY,
    "policy.open-cluster-management.io/OperatorPolicy": "Progressing if lag; Degraded if Compliant=False; Healthy if Compliant=True; Progressing",
    "policy.open-cluster-management.io/Policy": (
        "Healthy if spec.disabled=true; Progressing if nostatus; Degraded if .compliant=NonCompliant; Healthy if .compliant=Compliant; Healthy if .placement; Progressing"
    ),
    "work.karmada.io/ResourceBinding": KARMADA,
    "work.karmada.io/ClusterResourceBinding": KARMADA,
    "services.cloud.sap.com/ServiceBinding": SAP,
    "services.cloud.sap.com/ServiceInstance": SAP,
    "iammanager.keikoproj.io/Iamrole": "Healthy if .state=Ready; Degraded if .state; Progressing",
    "nmstate.io/NodeNetworkConfigurationPolicy": "Suspended if Ignored=True; Degraded if Degraded=True; Progressing if Progressing=True; Healthy if Available=True; Progressing",
    # OpenShift
    "apps.openshift.io/DeploymentConfig": (
        "Suspended if spec.paused=true; Progressing if lag; Healthy if Progressing=True(NewReplicationControllerAvailable) and not .replicas; Degraded if Available=False; "
        "Degraded if Progressing=False; Healthy if Progressing=True(NewReplicationControllerAvailable); Progressing"
    ),
    "operator.openshift.io/IngressController": (
        "Degraded if Degraded=True; Progressing if DeploymentReplicasAllAvailable=False; Progressing if Progressing=True; Healthy if Available=True; Progressing"
    ),
    "route.openshift.io/Route": "Degraded if .ingress[]/Admitted=False; Progressing if .ingress[]/Admitted=Unknown; Healthy if .ingress[]/Admitted=True; Progressing",
    "ocs.openshift.io/StorageCluster": "Degraded if Degraded=True; Progressing if Progressing=True; Degraded if Available=False; Healthy if Available=True; Progressing",
    "operators.coreos.com/Subscription": (
        "Degraded if CatalogSourcesUnhealthy=True; Degraded if InstallPlanFailed=True; Degraded if ResolutionFailed=True; Degraded if .state=UpgradeFailed; "
        "Degraded if InstallPlanMissing and not InstallPlanMissing=True|False|Unknown(ReferencedInstallPlanNotFound); Healthy if .state=AtLatestKnown and not InstallPlanPending=True; "
        "Healthy if .state=UpgradePending and spec.installPlanApproval=Manual and .installedCSV and InstallPlanPending=True(RequiresApproval); Progressing"
    ),
    "operators.coreos.com/ClusterServiceVersion": "Healthy if .phase=Succeeded; Degraded if .phase=Failed|Unknown; Progressing",
    "tower.ansible.com/AnsibleJob": "Healthy if .ansibleJobResult.status=successful; Degraded if .ansibleJobResult.status=canceled|error|failed; Progressing",
    # Gateways, meshes and networks
    "gateway.networking.k8s.io/BackendTLSPolicy": POLICY,
    "gateway.networking.k8s.io/GatewayClass": "Progressing if stale; Degraded if Accepted=False; Healthy if Accepted=True; Progressing",
    "gateway.networking.k8s.io/Gateway": (
        "Progressing if stale; Degraded if Accepted=False; Degraded if ResolvedRefs=False; Degraded if .listeners[]/Accepted=False; Degraded if .listeners[]/ResolvedRefs=False; "
        "Degraded if Programmed=False(Invalid|*Failed); Progressing if Programmed=False|Unknown; Progressing if .listeners[]/Programmed=False|Unknown; Healthy if Accepted=True; Progressing"
    ),
    "gateway.networking.k8s.io/GRPCRoute": ROUTE,
    "gateway.networking.k8s.io/HTTPRoute": ROUTE,
    "gateway.networking.k8s.io/TCPRoute": ROUTE,
    "gateway.networking.k8s.io/TLSRoute": ROUTE,
    "gateway.networking.k8s.io/UDPRoute": ROUTE,
    "gateway.solo.io/*": GLOO,
    "gloo.solo.io/*": GLOO,
    "install.istio.io/IstioOperator": "Healthy if .status=HEALTHY; Degraded if .status=ERROR|ACTION_REQUIRED; Progressing",
    "networking.istio.io/*": ISTIO,
    "security.istio.io/*": ISTIO,
    "telemetry.istio.io/*": ISTIO,
    "projectcontour.io/ExtensionService": "Progressing if stale; Degraded if Valid=False; Healthy if Valid=True; Progressing",
    "projectcontour.io/HTTPProxy": "Progressing if stale; Healthy if Valid=True; Healthy if spec.includes and Valid=False; Degraded if Valid=False; Progressing",
    "proclaim.dogmatiq.io/DNSSDServiceInstance": "Degraded if Adopted=False; Degraded if Advertised=False; Unknown if Discoverable=Unknown; Healthy if Discoverable=True; Progressing",
    "serving.knative.dev/*": READY,
    "operator.knative.dev/*": "Healthy if Ready=True; Progressing if Ready=False|Unknown; Degraded if Ready; Progressing",
    "serving.kserve.io/InferenceService": (
        "Suspended if Stopped=True; Degraded if .modelStatus.transitionStatus=BlockedByFailedLoad|InvalidSpec; Progressing if .modelStatus.transitionStatus=InProgress; "
        "Degraded if Ready=False; Healthy if Ready=True; Progressing"
    ),
}

PATTERNS: Final[dict[str, str]] = {
    "*.cnrm.cloud.google.com/*": (
        "Progressing if lag; Degraded if .healthy=false; Healthy if .healthy=true; Suspended if Ready=False(DependencyNotReady); "
        "Progressing if Ready=False(Updating|Creating|Deleting|UpdateInProgress); " + READY
    ),
    "*.services.k8s.aws/*": "Degraded if ACK.Terminal=True; Healthy if Ready=True; Healthy if ACK.ResourceSynced=True; Progressing",
    "*.crossplane.io/*": CROSSPLANE,
    "*.upbound.io/*": CROSSPLANE,
    "*.k8s.elastic.co/*": "Degraded if .health=red; Healthy if .health=green; Progressing",
    "microgateway.airlock.com/*Policy": POLICY,
    "infrastructure.cluster.x-k8s.io/*": f"Degraded if .failureMessage; {CAPI_FALSE}; Degraded if Ready=False(?*); Progressing if Ready=False; Healthy",
}
"""Patterns of group/Kind -> rules, for families that share them."""
