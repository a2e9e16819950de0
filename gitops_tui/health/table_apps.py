"""Health of custom resources that people run on a platform: databases, storage, machines, workloads, watching. See `table.py`."""

from __future__ import annotations

from typing import Final

from gitops_tui.health.table_platform import READY

JOB: Final = "Healthy if .state=Completed; Degraded if .state=Failed|Error; Progressing"
ELASTIC: Final = (
    "Degraded if .phase=Invalid; Degraded if .health=red; Progressing if .phase=ApplyingChanges|MigratingData; "
    "Progressing if .health=green and .availableNodes<spec.nodeSets[].count; Healthy if .health=green; "
    "Progressing if .health=yellow; Unknown"
)
THREESCALE: Final = (
    "Suspended if .state=suspended; Suspended if .developerUserState=suspended; Suspended if Waiting=True; "
    "Degraded if Failed=True; Degraded if Invalid=True; Degraded if Orphan=True; Degraded if Ready=False; "
    "Healthy if Ready=True; Healthy if Synced=True; Progressing"
)
CLICKHOUSE: Final = "Healthy if .status=Completed; Degraded if .status=Failed|Aborted; Progressing"
HUMIO: Final = (
    "Healthy if .state=Exists|Running; Missing if .state=NotFound; Degraded if .state=ConfigError; Unknown if .state=Unknown; "
    "Progressing"
)
STRIMZI: Final = (
    "Suspended if ReconciliationPaused=True; Degraded if NotReady=True; Healthy if Ready=True; Degraded if Ready=False; "
    "Progressing"
)
MARIADB: Final = "Healthy if Ready=True; Degraded if Ready=False(Failed); Progressing"
MARIADB_JOB: Final = (
    "Degraded if Complete=True(JobFailed); Healthy if Complete=True; Degraded if Complete=False(*Failed); Progressing"
)
KEPTN: Final = "Healthy if .status=Succeeded|Warning; Degraded if .status=Failed|Cancelled; Progressing"
KEDA: Final = (
    "Suspended if Paused=True; Degraded if Fallback=True; Degraded if Ready=False; Degraded if Ready=Unknown(PartialTriggerError); "
    "Healthy if Ready=True; Progressing"
)
PROMETHEUS: Final = (
    "Suspended if spec.paused=true; Progressing if lag; Degraded if Reconciled=False; Degraded if Available=False; "
    "Healthy if Available=True; Progressing"
)
CONFLUENT: Final = "Healthy if .phase=RUNNING; Degraded if .phase=ERROR|FAILED; Progressing"
RABBIT: Final = "Degraded if Ready=False; Healthy if Ready=True; Unknown"
KRUISE_PARTITION: Final = (
    "Suspended if .updatedReplicas and spec.updateStrategy.rollingUpdate.partition>0 and metadata.generation>1"
)
VELERO: Final = (
    "Healthy if .phase=Completed|Available|Enabled|Ready|Processed; Degraded if .phase=*Failed|FailedValidation|*PartiallyFailed|Unavailable; "
    "Suspended if spec.paused=true; Progressing"
)
LONGHORN: Final = (
    "Degraded if .robustness=degraded|faulted; Degraded if .state=error|failed; Healthy if .state=attached|detached|ready|running|deployed; "
    "Progressing"
)

APPS: Final[dict[str, str]] = {
    # Databases and queues
    "acid.zalan.do/postgresql": "Healthy if .PostgresClusterStatus=Running; Degraded if .PostgresClusterStatus=*Failed|Invalid; Progressing",
    "postgresql.cnpg.io/Cluster": (
        'Suspended if metadata.annotations["cnpg.io/reconciliationLoop"]=disabled; Suspended if cnpg.io/hibernation=True; Degraded if cnpg.io/hibernation; '
        "Healthy if .phase=Cluster in healthy state; Progressing if not .conditions; "
        "Progressing if .phase=Setting up primary|Creating a new replica|Upgrading cluster|Waiting for the instances to become active|Promoting to primary cluster; "
        "Suspended if .phase=Unable to create required*|*unknown plugin*|*invalid image catalog|*unrecoverable*; Degraded if .phase; Progressing"
    ),
    "postgresql.cnpg.io/Backup": "Healthy if .phase=completed; Degraded if .phase=failed|walArchivingFailing; Progressing",
    "postgres-operator.crunchydata.com/PostgresCluster": "Progressing if lag; Degraded if PGBackRestReplicaRepoReady=False(*Fail*); Progressing if .instances[].readyReplicas<.instances[].replicas; Healthy if .instances; Progressing",
    "cassandra.rook.io/Cluster": "Progressing if not .racks; Progressing if .racks.*.readyMembers<.racks.*.members; Healthy",
    "ceph.rook.io/*": "Healthy if .phase=Ready|Connected; Degraded if .phase=Failure|*Failed|Error; Progressing",
    "ceph.rook.io/CephCluster": "Degraded if .ceph.health=HEALTH_WARN|HEALTH_ERR; Healthy if .ceph.health=HEALTH_OK; Degraded if .state=Error; Progressing",
    "clickhouse-keeper.altinity.com/*": CLICKHOUSE,
    "clickhouse.altinity.com/ClickHouseInstallation": CLICKHOUSE,
    "db.atlasgo.io/AtlasMigration": "Progressing if Ready=False(Reconciling); " + READY,
    "db.atlasgo.io/AtlasSchema": "Progressing if Ready=False(Reconciling); " + READY,
    "elasticsearch.k8s.elastic.co/Elasticsearch": ELASTIC,
    "beat.k8s.elastic.co/Beat": (
        "Degraded if .health=red; Progressing if .health=yellow; Progressing if .health=green and .availableNodes<.expectedNodes; Healthy if .health=green; "
        "Progressing if .expectedNodes and not .health; Unknown"
    ),
    "kafka.strimzi.io/*": STRIMZI,
    "core.strimzi.io/*": STRIMZI,
    "kafka.banzaicloud.io/KafkaCluster": (
        "Progressing if .state=ClusterRollingUpgrading; Degraded if .brokersState.*.configurationState=ConfigOutOfSync; "
        "Degraded if .brokersState.*.gracefulActionState.cruiseControlState=*Required|*Failed|*Running|*WithError; "
        "Healthy if .state=ClusterRunning and .cruiseControlTopicStatus=CruiseControlTopicReady; Progressing"
    ),
    "k8s.mariadb.com/MariaDB": MARIADB,
    "mariadb.mmontes.io/MariaDB": MARIADB,
    "k8s.mariadb.com/Backup": MARIADB_JOB,
    "k8s.mariadb.com/SqlJob": MARIADB_JOB,
    "minio.min.io/Tenant": (
        "Healthy if .currentState=Initialized; Degraded if .currentState=Statefulset not controlled*|Another MinIO Tenant*|*not set properly|Different versions*|*Not Allowed; Progressing"
    ),
    "objectbucket.io/ObjectBucketClaim": "Healthy if .phase=Bound; Degraded if .phase=Failed; Progressing",
    "platform.confluent.io/*": CONFLUENT,
    "platform.confluent.io/Connector": "Degraded if .state=ERROR; Degraded if .failedTasksCount; Healthy if .connectorState=RUNNING; Progressing",
    "psmdb.percona.com/PerconaServerMongoDB": (
        "Healthy if .state=ready; Progressing if .state=initializing|stopping; Suspended if .state=paused; Degraded if .state=error; Unknown"
    ),
    "pxc.percona.com/PerconaXtraDBCluster": "Healthy if .state=ready; Progressing if .state=initializing; Degraded if .state=error|stopping; Unknown",
    "rabbitmq.com/*": RABBIT,
    "rabbitmq.com/RabbitmqCluster": "Degraded if ReconcileSuccess=False; Healthy if AllReplicasReady=True and ClusterAvailable=True; Progressing",
    "solr.apache.org/SolrCloud": "Progressing if nostatus; Progressing if .readyReplicas<.replicas; Healthy",
    "zookeeper.pravega.io/ZookeeperCluster": "Progressing if .readyReplicas<.replicas; Healthy if .readyReplicas; Progressing",
    # Storage and backup
    "astra.netapp.io/AppVault": "Healthy if .state=available; Degraded if .state=failed|error; Progressing",
    "astra.netapp.io/Application": READY,
    "astra.netapp.io/ExecHook": "Suspended if spec.enabled=false; Healthy if spec.enabled=true; Progressing",
    "astra.netapp.io/Schedule": "Suspended if spec.enabled=false; Healthy",
    "astra.netapp.io/*": JOB,
    "trident.netapp.io/TridentBackendConfig": "Degraded if .lastOperationStatus=Failed; Healthy if .phase=Bound and .lastOperationStatus=Success; Progressing",
    "trident.netapp.io/TridentOrchestrator": "Healthy if .status=Installed|Updated; Degraded if .status=Failed|Error|Uninstalled; Progressing",
    "velero.io/*": VELERO,
    "longhorn.io/*": LONGHORN,
    # Virtual machines and games
    "cdi.kubevirt.io/DataVolume": (
        "Healthy if .phase=Succeeded; Degraded if .phase=Failed; Suspended if .phase=Paused; Degraded if Running=False(Error*); Healthy if Ready=True; Progressing"
    ),
    "kubevirt.io/VirtualMachine": (
        "Suspended if Paused=True; Suspended if .printableStatus=Stopped|Paused; Degraded if .printableStatus=CrashLoopBackOff|Err*|ImagePullBackOff|DataVolumeError|Unschedulable; "
        "Healthy if Ready=True; Progressing"
    ),
    "kubevirt.io/VirtualMachineInstance": "Suspended if Paused=True; Degraded if .phase=Failed; Suspended if .phase=Succeeded; Healthy if Ready=True; Progressing",
    "game.kruise.io/GameServer": "Unknown if nostatus; Degraded if .podStatus/*Ready=False; Healthy if .currentState=.desiredState; Progressing",
    "game.kruise.io/GameServerSet": (
        "Progressing if nostatus; Progressing if lag; Suspended if spec.updateStrategy.rollingUpdate.paused=true; Suspended if spec.updateStrategy.rollingUpdate.partition>0 and .updatedReplicas; "
        "Healthy if .updatedReadyReplicas=.replicas; Progressing"
    ),
    # Workloads
    "apps.kruise.io/AdvancedCronJob": "Suspended if spec.paused=true; Progressing if .active; Healthy if .lastScheduleTime; Degraded",
    "apps.kruise.io/BroadcastJob": "Suspended if spec.paused=true; Suspended if .phase=paused; Degraded if Failed=True; Healthy if Complete=True; Progressing",
    "apps.kruise.io/CloneSet": (
        "Progressing if nostatus; Progressing if lag; Suspended if spec.updateStrategy.paused=true; "
        "Suspended if spec.updateStrategy.partition and metadata.generation>1 and .expectedUpdatedReplicas and not .updatedReplicas<.expectedUpdatedReplicas; "
        "Degraded if .updatedAvailableReplicas<.replicas; Healthy"
    ),
    "apps.kruise.io/DaemonSet": (
        "Progressing if nostatus; Progressing if lag; Suspended if spec.updateStrategy.rollingUpdate.paused=true; "
        "Suspended if spec.updateStrategy.rollingUpdate.partition>0 and metadata.generation>1 and .updatedNumberScheduled; "
        "Progressing if not .desiredNumberScheduled; Degraded if .numberUnavailable=.desiredNumberScheduled; Healthy if .numberAvailable=.desiredNumberScheduled; Progressing"
    ),
    "apps.kruise.io/StatefulSet": (
        f"Progressing if nostatus; Progressing if lag; Suspended if spec.updateStrategy.rollingUpdate.paused=true; {KRUISE_PARTITION}; "
        "Degraded if .updatedAvailableReplicas<.replicas; Healthy"
    ),
    "rollouts.kruise.io/Rollout": (
        "Progressing if lag; Degraded if .phase=Disabled|Terminating; Suspended if .canaryStatus.currentStepState=StepPaused; Healthy if .phase=Healthy; Progressing"
    ),
    "apps.3scale.net/APIManager": "Healthy if Available=True; Progressing if .deployments.starting; Degraded if Available=False(?*); Progressing",
    "capabilities.3scale.net/*": THREESCALE,
    "camel.apache.org/Integration": "Degraded if .phase=Error; Degraded if Ready=False(Error); Healthy if .phase=Running and Ready=True; Progressing",
    "core.spinkube.dev/SpinApp": "Degraded if Progressing=False(ProgressDeadlineExceeded); Progressing if Progressing=True; Degraded if Available=False; Healthy if Available=True; Progressing",
    "flink.apache.org/FlinkDeployment": (
        "Degraded if .jobManagerDeploymentStatus=ERROR; Degraded if .jobStatus.state=FAILED; Progressing if .jobManagerDeploymentStatus=DEPLOY*; "
        "Healthy if .reconciliationStatus.success=true; Healthy if .reconciliationStatus.state=DEPLOYED; Progressing"
    ),
    "openfaas.com/Function": "Degraded if Stalled=True; Progressing if Reconciling=True; Suspended if Ready=True and Healthy=False; Healthy if Ready=True; Progressing",
    "sparkoperator.k8s.io/SparkApplication": (
        "Healthy if .applicationState.state=RUNNING|COMPLETED; Degraded if .applicationState.state=FAILED|*_FAILED|FAILING; Progressing"
    ),
    "jaegertracing.io/Jaeger": "Healthy if .phase=Running; Degraded if .phase=Failed; Progressing",
    # Watching
    "coralogix.com/*": "Degraded if RemoteSynced=False; Healthy if RemoteSynced=True; Progressing",
    "core.humio.com/*": HUMIO,
    "core.humio.com/HumioCluster": HUMIO,
    "datadoghq.com/DatadogMetric": "Degraded if Error=True; Degraded if Valid=False; Healthy if Valid=True; Progressing",
    "grafana.integreatly.org/Grafana": "Degraded if .stageStatus=failed; Healthy if .stage=complete and .stageStatus=success; Progressing",
    "grafana.integreatly.org/*": "Degraded if NoMatchingInstance=True; Degraded if .NoMatchingInstances=true; Degraded if *Synchronized=False; Healthy if *Synchronized=True; Healthy if .hash; Progressing",
    "grafana-org-operator.kubitus-project.gitlab.io/*": READY,
    "keda.sh/ScaledObject": KEDA,
    "keda.sh/ScaledJob": KEDA,
    "kiali.io/Kiali": "Degraded if Failure=True; Healthy if Successful=True; Progressing",
    "k8s.keycloak.org/Keycloak": "Degraded if HasErrors=True; Healthy if Ready=True; Progressing",
    "k8s.keycloak.org/KeycloakRealmImport": "Degraded if HasErrors=True; Healthy if Done=True; Progressing",
    "kyverno.io/Policy": "Progressing if nostatus; Degraded if Ready=False; Healthy",
    "kyverno.io/ClusterPolicy": "Progressing if nostatus; Degraded if Ready=False; Healthy",
    "lifecycle.keptn.sh/*": KEPTN,
    "lifecycle.keptn.sh/KeptnEvaluation": "Healthy if .overallStatus=Succeeded; Degraded if .overallStatus=Failed; Progressing",
    "metrics.keptn.sh/Analysis": "Degraded if .pass=false and .state=Completed and not .warning; Healthy if .state=Completed; Progressing",
    "metrics.keptn.sh/KeptnMetric": "Degraded if .errMsg; Healthy if .value; Progressing",
    "monitoring.coreos.com/Prometheus": PROMETHEUS,
    "monitoring.coreos.com/PrometheusAgent": PROMETHEUS,
    "monitoring.coreos.com/Alertmanager": PROMETHEUS,
    "monitoring.coreos.com/ThanosRuler": PROMETHEUS,
    "operator.victoriametrics.com/*": (
        "Progressing if lag; Healthy if .updateStatus=operational; Suspended if .updateStatus=paused; Degraded if .updateStatus=failed; Progressing"
    ),
}
