"""What the API server fills in and refuses, kind by kind: defaults and validation in its own words."""

from __future__ import annotations

from tests.conformance.case_steps import (
    Table,
    apply,
    config_map,
    container,
    create,
    delete,
    deployment,
    get,
    gone,
    having,
    labelled,
    merge,
    pod,
    service,
    template,
    thing,
)

# fmt: off
TABLE = case = Table("kinds")
JOB = {"suspend": True, "template": {"spec": {"containers": [container()], "restartPolicy": "Never"}}}
SET = {"serviceName": "db", "replicas": 0, "selector": {"matchLabels": {"app": "web"}}, "template": template()}
DAEMON = {"selector": {"matchLabels": {"app": "web"}}, "template": template(nodeSelector={"none": "x"})}
CRON = {"schedule": "0 0 1 1 *", "suspend": True, "jobTemplate": {"spec": {"template": JOB["template"]}}}
HTTP = {"httpGet": {"path": "/", "port": 80}}


def of(*containers: dict, **spec: object) -> dict:
    return deployment("web", *containers, paused=True, **spec)


# --- defaults
case("defaults of a deployment", create(of()).only("spec"))
case("defaults of a deployment that recreates", create(of(strategy={"type": "Recreate"})).only("spec.strategy"))
case("defaults of a part of a strategy", create(of(strategy={"rollingUpdate": {"maxSurge": 2}})).only("spec.strategy"))
case("defaults of a statefulset", create(thing("StatefulSet", "db", SET, "apps/v1")).only("spec"))
case("defaults of a statefulset with claims", create(thing("StatefulSet", "db", {**SET, "volumeClaimTemplates": [{"metadata": {"name": "v"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}]}, "apps/v1")).only("spec.volumeClaimTemplates"))
case("defaults of a daemonset", create(thing("DaemonSet", "d", DAEMON, "apps/v1")).only("spec"))
case("defaults of a replicaset", create(thing("ReplicaSet", "r", {"replicas": 0, "selector": {"matchLabels": {"app": "web"}}, "template": template()}, "apps/v1")).only("spec"))
case("defaults of a job", create(thing("Job", "j", {"template": JOB["template"], "suspend": True}, "batch/v1")).only("spec.backoffLimit", "spec.completions", "spec.parallelism", "spec.completionMode", "spec.manualSelector", "spec.podReplacementPolicy"))
case("defaults of a cronjob", create(thing("CronJob", "c", CRON, "batch/v1")).only("spec"))
case("defaults of a pod", create(pod("p", nodeSelector={"none": "x"})).only("spec.restartPolicy", "spec.dnsPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.serviceAccount", "spec.enableServiceLinks", "spec.preemptionPolicy", "spec.priority", "spec.tolerations", "spec.terminationGracePeriodSeconds", "spec.securityContext", "status"))
case("a pod gets a token's volume", create(pod("p", nodeSelector={"none": "x"})).only("spec.containers.0.volumeMounts.0.mountPath", "spec.volumes.0.projected"))
case("a pod of no account is refused", create(pod("p", serviceAccountName="none")))
case("images without a tag are always pulled", create(of(container(image="app"), container("b", "app:latest"), container("c", "app:1"), container("d", "app@sha256:" + "0" * 64))).only("spec.template.spec.containers.*.imagePullPolicy"))
case("defaults of probes", create(of(container(livenessProbe=HTTP, readinessProbe={"tcpSocket": {"port": "web"}}, startupProbe={"exec": {"command": ["x"]}}))).only("spec.template.spec.containers.0"))
case("requests follow limits", create(of(container(resources={"limits": {"cpu": "1", "memory": "1Gi"}}))).only("spec.template.spec.containers.0.resources"))
case("requests of pods follow limits", create(pod("p", container(resources={"limits": {"cpu": "1"}}), nodeSelector={"none": "x"})).only("spec.containers.0.resources", "status.qosClass"))
case("quantities are told in their own form", create(of(container(resources={"limits": {"cpu": "1000m", "memory": "1024Mi"}, "requests": {"cpu": "0.5", "memory": 1073741824}}))).only("spec.template.spec.containers.0.resources"))
case("defaults of volumes", create(of(container())), create(deployment("vol", paused=True, template=template(volumes=[{"name": "a", "configMap": {"name": "c"}}, {"name": "b", "secret": {"secretName": "s"}}, {"name": "c", "hostPath": {"path": "/x"}}, {"name": "d"}, {"name": "e", "projected": {"sources": []}}]))).only("spec.template.spec.volumes"))
case("defaults of field references", create(of(container(env=[{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]))).only("spec.template.spec.containers.0.env"))
case("defaults of a service", create(service()).only("spec"))
case("defaults of a headless service", create(service(clusterIP="None")).only("spec"))
case("defaults of a node port", create(service(type="NodePort")).only("spec"))
case("defaults of a load balancer", create(service(type="LoadBalancer")).only("spec"))
case("defaults of an external name", create(thing("Service", "s", {"type": "ExternalName", "externalName": "a.example.com"})).only("spec"))
case("a service's named target port stays", create(service("s", {"port": 80, "targetPort": "http"})).only("spec.ports"))
case("session affinity has a timeout", create(service(sessionAffinity="ClientIP")).only("spec.sessionAffinityConfig"))
case("defaults of a claim", create(thing("PersistentVolumeClaim", "c", {"accessModes": ["ReadWriteOnce"], "storageClassName": "none", "resources": {"requests": {"storage": "1Gi"}}})).only("spec", "status"))
case("defaults of a secret", create({**thing("Secret", "a"), "stringData": {"x": "1"}}))
case("stringData over data", create({**thing("Secret", "a"), "stringData": {"x": "1"}, "data": {"x": "Mg==", "y": "Mg=="}}).only("data", "stringData"))
case("defaults of an ingress", create(thing("Ingress", "i", {"defaultBackend": {"service": {"name": "s", "port": {"number": 80}}}}, "networking.k8s.io/v1")))
case("defaults of a network policy", create(thing("NetworkPolicy", "n", {"podSelector": {}, "ingress": [{"ports": [{"port": 80}]}]}, "networking.k8s.io/v1")).only("spec"))
case("policy types follow what is told", create(thing("NetworkPolicy", "n", {"podSelector": {}, "egress": [{}]}, "networking.k8s.io/v1")).only("spec"))
case("defaults of an autoscaler", create(thing("HorizontalPodAutoscaler", "h", {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "none"}, "maxReplicas": 3}, "autoscaling/v2")).only("spec"))
case("an autoscaler of version 1 is read as 2", create(thing("HorizontalPodAutoscaler", "h", {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "none"}, "maxReplicas": 3, "targetCPUUtilizationPercentage": 50}, "autoscaling/v1"), "/apis/autoscaling/v1/namespaces/$NS/horizontalpodautoscalers"), get("horizontalpodautoscalers/h").only("spec", "apiVersion"))
case("an autoscaler of version 2 is read as 1", create(thing("HorizontalPodAutoscaler", "h", {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "none"}, "maxReplicas": 3}, "autoscaling/v2")), get("/apis/autoscaling/v1/namespaces/$NS/horizontalpodautoscalers/h").only("spec", "apiVersion"))
case("defaults of a disruption budget", create(thing("PodDisruptionBudget", "p", {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}, "policy/v1")).only("spec"))
case("defaults of a role binding", create({**thing("RoleBinding", "r", version="rbac.authorization.k8s.io/v1"), "roleRef": {"kind": "Role", "name": "r", "apiGroup": "rbac.authorization.k8s.io"}, "subjects": [{"kind": "User", "name": "u"}, {"kind": "ServiceAccount", "name": "default"}]}))
case("a role binding's role is immutable", create({**thing("RoleBinding", "r", version="rbac.authorization.k8s.io/v1"), "roleRef": {"kind": "Role", "name": "r", "apiGroup": "rbac.authorization.k8s.io"}}), merge("rolebindings/r", {"roleRef": {"name": "other"}}))
case("a namespace has its name as label and a finalizer", get("namespaces/$NS").only("metadata.labels", "spec", "status"))
case("a namespace is made active", create(thing("Namespace", "$NS-b")).only("metadata.labels", "spec", "status"), delete("namespaces/$NS-b").quiet())
case("a namespace gets an account", create(thing("Namespace", "$NS-b")), get("/api/v1/namespaces/$NS-b/serviceaccounts/default").until(having(kind="ServiceAccount")).only("kind", "metadata.name"), delete("namespaces/$NS-b").quiet())
case("a namespace gets the root certificate", get("configmaps/kube-root-ca.crt").until(having(kind="ConfigMap")).only("kind", "metadata.name"))
case("a namespace that is deleted is Terminating", create(thing("ConfigMap", "a", finalizers=["example.com/keep"])), delete("namespaces/$NS").only("status.phase", "kind"), create(config_map("b")), merge("configmaps/a", {"metadata": {"finalizers": None}}).quiet(), get("namespaces/$NS").until(gone))
case("a namespace takes with it what it holds", create(config_map()), delete("namespaces/$NS").quiet(), get("namespaces/$NS").until(gone), get("configmaps/a"))
case("a namespace's labels can't lose the name", merge("namespaces/$NS", {"metadata": {"labels": {"kubernetes.io/metadata.name": "x"}}}).only("metadata.labels"))
case("a cluster role's defaults", create({**thing("ClusterRole", "$NS", version="rbac.authorization.k8s.io/v1"), "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}), delete("clusterroles/$NS").quiet())
case("a lease is made", create(thing("Lease", "l", {"holderIdentity": "me", "leaseDurationSeconds": 15}, "coordination.k8s.io/v1")).only("spec"))
case("a lease of no duration is refused", create(thing("Lease", "l", {"holderIdentity": "me", "leaseDurationSeconds": 0}, "coordination.k8s.io/v1")))
case("env of a number is refused", create(of(container(env=[{"name": "A", "value": 1}]))))

# --- validation
case("a name with capitals is refused", create(config_map("Abc")))
case("a name with an underscore is refused", create(config_map("a_b")))
case("a name of 254 letters is refused", create(config_map("a" * 254)).only("code", "reason", "details.causes.0.reason"))
case("a service's name is a DNS label", create(service("1a")))
case("a namespace's name has no dots", create(thing("Namespace", "a.b")))
case("a role's name may have colons", create({**thing("Role", "a:b", version="rbac.authorization.k8s.io/v1"), "rules": []}).only("metadata.name"))
case("a label's value with spaces is refused", create(labelled(config_map(), a="b c")))
case("a label's key with two slashes is refused", create(labelled(config_map(), **{"a/b/c": "d"})))
case("a label's value of 64 letters is refused", create(labelled(config_map(), a="x" * 64)))
case("an annotation's key with spaces is refused", create(thing("ConfigMap", "a", annotations={"a b": "c"})))
case("a configmap's key with spaces is refused", create(config_map("a", **{"a b": "c"})))
case("a secret's data is base64", create({**thing("Secret", "a"), "data": {"x": "???"}}))
case("a configmap's data and binaryData share no key", create({**config_map(x="1"), "binaryData": {"x": "AAAA"}}))
case("a docker secret needs its key", create({**thing("Secret", "a"), "type": "kubernetes.io/dockerconfigjson", "data": {}}))
case("a tls secret needs both keys", create({**thing("Secret", "a"), "type": "kubernetes.io/tls", "data": {"tls.crt": ""}}))
case("a deployment without a selector is refused", create(thing("Deployment", "web", {"template": template()}, "apps/v1")))
case("a selector that misses the template is refused", create(of(selector={"matchLabels": {"b": "c"}})))
case("a deployment without containers is refused", create(of(template={"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}})))
case("a container without an image", create(of({"name": "app"})))
case("a container's bad name", create(of(container("App"))))
case("negative replicas are refused", create(of(replicas=-1)))
case("a surge of nothing and nothing is refused", create(of(strategy={"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}})))
case("a percentage without a sign is refused", create(of(strategy={"rollingUpdate": {"maxSurge": "25"}})))
case("an unknown strategy is refused", create(of(strategy={"type": "Sideways"})))
case("Recreate with rollingUpdate is refused", create(of(strategy={"type": "Recreate", "rollingUpdate": {"maxSurge": 1}})))
case("an unknown restart policy is refused", create(pod("p", restartPolicy="Perhaps")))
case("a deployment's pods always restart", create(of(template=template(restartPolicy="Never"))))
case("a job's pods never always restart", create(thing("Job", "j", {"template": {"spec": {"containers": [container()]}}}, "batch/v1")))
case("a bad pull policy is refused", create(of(container(imagePullPolicy="Sometimes"))))
case("a port out of range is refused", create(of(container(ports=[{"containerPort": 99999}]))))
case("a bad protocol is refused", create(of(container(ports=[{"containerPort": 80, "protocol": "XYZ"}]))))
case("a port's bad name is refused", create(of(container(ports=[{"containerPort": 80, "name": "Under_score"}]))))
case("a mount without its volume is refused", create(of(container(volumeMounts=[{"name": "v", "mountPath": "/a"}]))))
case("two volumes of one name are refused", create(deployment("web", template=template(volumes=[{"name": "v", "emptyDir": {}}, {"name": "v", "emptyDir": {}}]))))
case("a volume of two sources is refused", create(deployment("web", template=template(volumes=[{"name": "v", "emptyDir": {}, "configMap": {"name": "c"}}]))))
case("requests over limits are refused", create(of(container(resources={"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}))))
case("a bad quantity is refused", create(of(container(resources={"limits": {"cpu": "lots"}}))))
case("an env without a name is refused", create(of(container(env=[{"value": "x"}]))))
case("an env of two values is refused", create(of(container(env=[{"name": "A", "value": "x", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]))))
case("a probe of no action is refused", create(of(container(livenessProbe={"periodSeconds": 5}))))
case("a probe of two actions is refused", create(of(container(livenessProbe={**HTTP, "exec": {"command": ["x"]}}))))
case("a service without ports is refused", create(thing("Service", "s", {"selector": {"a": "b"}})))
case("a service's second port needs a name", create(service("s", {"port": 80}, {"port": 81})))
case("a service's port twice is refused", create(service("s", {"port": 80, "name": "a"}, {"port": 80, "name": "b"})))
case("a service's port out of range is refused", create(service("s", {"port": 0})))
case("an unknown type of service is refused", create(service(type="Sideways")))
case("a bad cluster address is refused", create(service(clusterIP="1.2.3")))
case("a bad schedule is refused", create(thing("CronJob", "c", {**CRON, "schedule": "every day"}, "batch/v1")))
case("a bad concurrency policy is refused", create(thing("CronJob", "c", {**CRON, "concurrencyPolicy": "Often"}, "batch/v1")))
case("an autoscaler of no maximum is refused", create(thing("HorizontalPodAutoscaler", "h", {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}, "autoscaling/v2")))
case("an autoscaler's minimum over its maximum is refused", create(thing("HorizontalPodAutoscaler", "h", {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, "minReplicas": 5, "maxReplicas": 3}, "autoscaling/v2")))
case("an ingress path without a type is refused", create(thing("Ingress", "i", {"rules": [{"http": {"paths": [{"path": "/", "backend": {"service": {"name": "s", "port": {"number": 80}}}}]}}]}, "networking.k8s.io/v1")))
case("an ingress without rules is refused", create(thing("Ingress", "i", {}, "networking.k8s.io/v1")))
case("an ingress path of letters is refused", create(thing("Ingress", "i", {"rules": [{"http": {"paths": [{"path": "x", "pathType": "Prefix", "backend": {"service": {"name": "s", "port": {"number": 80}}}}]}}]}, "networking.k8s.io/v1")))
case("a claim without storage is refused", create(thing("PersistentVolumeClaim", "c", {"accessModes": ["ReadWriteOnce"], "resources": {}})))
case("a claim's mode is refused", create(thing("PersistentVolumeClaim", "c", {"accessModes": ["Write"], "resources": {"requests": {"storage": "1Gi"}}})))
case("a claim's spec is immutable", create(thing("PersistentVolumeClaim", "c", {"accessModes": ["ReadWriteOnce"], "storageClassName": "none", "resources": {"requests": {"storage": "1Gi"}}})), merge("persistentvolumeclaims/c", {"spec": {"accessModes": ["ReadOnlyMany"]}}).only("code", "reason"))
case("a budget of both is refused", create(thing("PodDisruptionBudget", "p", {"minAvailable": 1, "maxUnavailable": 1, "selector": {}}, "policy/v1")))
case("a role's rule without verbs is refused", create({**thing("Role", "r", version="rbac.authorization.k8s.io/v1"), "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": []}]}))
case("a binding to nothing is refused", create({**thing("RoleBinding", "r", version="rbac.authorization.k8s.io/v1"), "roleRef": {"kind": "Sheet", "name": "r", "apiGroup": "rbac.authorization.k8s.io"}}))
case("several errors are told at once", create(of(container("App", ports=[{"containerPort": 0}]), replicas=-1)))
case("an invalid apply is told alike", apply(of(container("App"), replicas=-1)))
case("a wrong type of an object is told", create(of(template="x")))
