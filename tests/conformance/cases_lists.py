"""list, watch, selectors, limits, resource versions; discovery and reviews."""

from __future__ import annotations

from tests.conformance.case_steps import (
    Table,
    answered,
    config_map,
    container,
    create,
    delete,
    deployment,
    get,
    labelled,
    merge,
    pod,
    put,
    raw,
    service,
    table,
    thing,
    watch,
)

# fmt: off
TABLE = case = Table("lists")
OURS = "kubernetes.io/metadata.name!=kube-system,t"
NAMES = ("items.*.metadata.name", "kind")
THREE = [create(labelled(config_map(name), t="1", tier=tier)) for name, tier in (("a", "web"), ("b", "db"), ("c", "web"))]
MINE = {"labelSelector": "t"}


def version(of: int = 0):
    return answered("metadata", "resourceVersion", of=of)


# --- list
case("a list carries its kind and version", get("configmaps", labelSelector="none"))
case("an empty list has no items", get("secrets").only("kind", "apiVersion", "items"))
case("a list's items have no kind", THREE, get("configmaps", labelSelector="t,tier=db"))
case("a list is ordered by name", THREE[::-1], get("configmaps", **MINE).only(*NAMES))
case("labels equal", THREE, get("configmaps", labelSelector="tier=web").only(*NAMES))
case("labels equal twice", THREE, get("configmaps", labelSelector="tier==web").only(*NAMES))
case("labels differ", THREE, get("configmaps", labelSelector="t,tier!=web").only(*NAMES))
case("labels in", THREE, get("configmaps", labelSelector="tier in (db, cache)").only(*NAMES))
case("labels not in", THREE, get("configmaps", labelSelector="t,tier notin (db)").only(*NAMES))
case("labels there and not there", THREE, get("configmaps", labelSelector="t,!tier").only(*NAMES))
case("labels greater than", [create(labelled(config_map(n), size=n[1:])) for n in ("s1", "s5")], get("configmaps", labelSelector="size>3").only(*NAMES))
case("a bad label selector is refused", get("configmaps", labelSelector="a in (").only("code", "reason"))
case("a bad label value is refused", get("configmaps", labelSelector="a=b c").only("code", "reason"))
case("fields by name", THREE, get("configmaps", fieldSelector="metadata.name=b").only(*NAMES))
case("fields by name, not", THREE, get("configmaps", fieldSelector="metadata.name!=b", **MINE).only(*NAMES))
case("fields by namespace", THREE, get("/api/v1/configmaps", fieldSelector="metadata.namespace=$NS", **MINE).only(*NAMES))
case("fields unknown are refused", get("configmaps", fieldSelector="data.x=1"))
case("a bad field selector is refused", get("configmaps", fieldSelector="x"))
case("pods by phase", create(pod("p", nodeSelector={"none": "x"})), get("pods", fieldSelector="status.phase=Pending").only(*NAMES), get("pods", fieldSelector="status.phase=Running").only(*NAMES))
case("pods by node", create(pod("p", nodeSelector={"none": "x"})), get("pods", fieldSelector="spec.nodeName=n1").only(*NAMES))
case("secrets by type", create({**thing("Secret", "a"), "type": "example.com/t"}), get("secrets", fieldSelector="type=example.com/t").only(*NAMES))
case("events by their object", create({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e"}, "involvedObject": {"kind": "Pod", "name": "p", "namespace": "$NS"}, "reason": "Seen", "message": "m", "type": "Normal"}), get("events", fieldSelector="involvedObject.name=p,involvedObject.kind=Pod").only("items.*.reason"))
case("namespaces by name", get("namespaces", fieldSelector="metadata.name=$NS").only(*NAMES))
case("a limit leaves a token and a count", THREE, get("configmaps", limit=2, **MINE).only("items.*.metadata.name", "metadata.continue"))
case("a limit counts what remains", THREE, get("configmaps", limit=1, fieldSelector="metadata.name!=kube-root-ca.crt").only("items.*.metadata.name"))
case("a token continues", THREE, get("configmaps", limit=2, **MINE), get("configmaps", limit=2, **{**MINE, "continue": answered("metadata", "continue", of=3)}).only("items.*.metadata.name", "metadata.continue"))
case("a token continues with what was there", THREE, get("configmaps", limit=1, **MINE), delete("configmaps/b").quiet(), get("configmaps", **{**MINE, "continue": answered("metadata", "continue", of=3)}).only("items.*.metadata.name"))
case("a token and a resourceVersion are refused", THREE, get("configmaps", limit=2, **MINE), get("configmaps", resourceVersion=version(3), **{**MINE, "continue": answered("metadata", "continue", of=3)}))
case("a bad token is refused", get("configmaps", **{"continue": "nonsense"}))
case("a bad limit is refused", get("configmaps", limit="many"))
case("a list of resourceVersion 0", THREE, get("configmaps", resourceVersion="0").only("kind"))
case("a list of a bad resourceVersion is refused", get("configmaps", resourceVersion="abc"))
case("a list of a version not there yet is refused", get("configmaps", resourceVersion="99999999", timeoutSeconds=1).only("code", "reason"))
case("a match without a resourceVersion is refused", get("configmaps", resourceVersionMatch="Exact"))
case("an unknown match is refused", get("configmaps", resourceVersion="1", resourceVersionMatch="About"))
case("exactly version 0 is refused", get("configmaps", resourceVersion="0", resourceVersionMatch="Exact"))
case("exactly a version", THREE, merge("configmaps/a", {"data": {"x": "1"}}), get("configmaps", resourceVersion=version(2), resourceVersionMatch="Exact", **MINE).only("items.*.data"))
case("not older than a version", THREE, get("configmaps", resourceVersion=version(2), resourceVersionMatch="NotOlderThan", **MINE).only(*NAMES))
case("a list over all namespaces", THREE, get("/api/v1/configmaps", labelSelector="t", fieldSelector="metadata.namespace=$NS").only(*NAMES))
case("a table of many", THREE, table("configmaps", **MINE).only("rows.*.cells.0", "kind"))

# --- watch
case("a watch from a version tells what came after", create(config_map("a", x="1")), merge("configmaps/a", {"data": {"x": "2"}}), delete("configmaps/a"), watch("configmaps", 2, resourceVersion=version(), fieldSelector="metadata.name=a").only("*.type", "*.object.data"))
case("a watch without a version tells what is there", THREE, watch("configmaps", 3, labelSelector="t").only("*.type", "*.object.kind"))
case("a watch by labels", create(labelled(config_map(), t="1")), merge("configmaps/a", {"metadata": {"labels": {"t": None}}}), merge("configmaps/a", {"metadata": {"labels": {"t": "2"}}}), watch("configmaps", 2, resourceVersion=version(), labelSelector="t").only("*.type", "*.object.metadata.labels"))
case("a watch by name", THREE, merge("configmaps/a", {"data": {"x": "1"}}), merge("configmaps/b", {"data": {"x": "1"}}), watch("configmaps", 1, resourceVersion=version(2), fieldSelector="metadata.name=b").only("*.type", "*.object.metadata.name"))
case("a watch ends by itself", create(config_map()), watch("configmaps", 99, resourceVersion=version(), timeoutSeconds=1, fieldSelector="metadata.name=a").only("*.type"))
case("a watch of a version compacted long ago is Expired or starts", watch("configmaps", 1, resourceVersion="1", timeoutSeconds=1, fieldSelector="metadata.name=none").quiet())
case("a watch of a bad version is refused", watch("configmaps", 1, resourceVersion="abc"))
case("initial events end with a bookmark", THREE, watch("configmaps", 4, sendInitialEvents="true", allowWatchBookmarks="true", resourceVersionMatch="NotOlderThan", labelSelector="t").only("*.type", "3.object.metadata.annotations", "3.object.kind"))
case("initial events need a match", watch("configmaps", 1, sendInitialEvents="true", allowWatchBookmarks="true"))
case("initial events outside a watch are refused", get("configmaps", sendInitialEvents="true"))
case("a watch in tables", THREE, watch("configmaps", 1, labelSelector="tier=db").with_headers(Accept="application/json;as=Table;v=v1;g=meta.k8s.io").only("*.type", "0.object.kind", "0.object.rows.0.cells.0"))
case("a watch of one object by its path is a get", create(config_map(x="1")), get("configmaps/a").only("kind"))
case("an old watch path answers", THREE, raw("GET", "/api/v1/watch/namespaces/$NS/configmaps", timeoutSeconds=1, labelSelector="none").quiet())
case("deletes are told with the last state", create(thing("ConfigMap", "a", labels={"t": "1"})), delete("configmaps/a"), watch("configmaps", 1, resourceVersion=version(), labelSelector="t").only("*.type", "*.object.metadata.labels"))

# --- discovery
case("the core group's versions", get("/api").only("kind", "versions"))
case("the groups", get("/apis/apps"))
case("the core group's resources, one", get("/api/v1").only("kind", "groupVersion"))
case("a group's resources", get("/apis/apps/v1"))
case("batch's resources", get("/apis/batch/v1"))
case("networking's groups", get("/apis/networking.k8s.io").only("kind", "name", "versions"))
case("autoscaling's preferred version", get("/apis/autoscaling").only("preferredVersion"))
case("rbac's resources", get("/apis/rbac.authorization.k8s.io/v1"))
case("apiextensions' resources", get("/apis/apiextensions.k8s.io/v1"))
case("aggregated discovery of the core", get("/api").with_headers(Accept="application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList").only("kind", "apiVersion", "items.0.versions.0.version"))
case("the version's fields", get("/version").only("major", "minor"))
case("readyz is ok", get("/readyz"))
case("livez is ok", get("/livez"))
case("an unknown path is a 404", get("/nothing/here").only("code"))
case("OpenAPI v2 tells a swagger", get("/openapi/v2").only("swagger", "info.title"))

# --- reviews
case("the admin may", create({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "metadata": {"name": ""}, "spec": {"resourceAttributes": {"verb": "delete", "resource": "pods", "namespace": "$NS"}}}).only("status.allowed", "spec", "kind"))
case("a review needs attributes", create({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "metadata": {"name": ""}, "spec": {}}))
case("a review of both kinds is refused", create({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "metadata": {"name": ""}, "spec": {"resourceAttributes": {"verb": "get"}, "nonResourceAttributes": {"verb": "get", "path": "/"}}}))
case("the rules of the admin", create({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "metadata": {"name": ""}, "spec": {"namespace": "$NS"}}).only("kind", "status.incomplete"))
case("reviews are not read", get("selfsubjectaccessreviews"))
case("no token is Unauthorized", get("configmaps").with_headers(Authorization=""))
case("a wrong token is Unauthorized", get("configmaps").with_headers(Authorization="Bearer nothing"))
case("a table of pods", create(pod("p", nodeSelector={"none": "x"})), table("pods/p").only("columnDefinitions.*.name", "columnDefinitions.*.priority", "rows.0.cells.0", "rows.0.cells.1", "rows.0.cells.2"))
case("a table of namespaces", table("namespaces/$NS").only("columnDefinitions.*.name", "rows.0.cells.0", "rows.0.cells.1"))
case("a table of secrets", create({**thing("Secret", "a"), "stringData": {"x": "1"}}), table("secrets/a").only("columnDefinitions.*.name", "rows.0.cells.0", "rows.0.cells.1", "rows.0.cells.2"))
case("a table of jobs", create(thing("Job", "j", {"suspend": True, "template": {"spec": {"containers": [container()], "restartPolicy": "Never"}}}, "batch/v1")), table("jobs/j").only("columnDefinitions.*.name", "rows.0.cells.0", "rows.0.cells.2"))
case("a table of claims", create(thing("PersistentVolumeClaim", "c", {"accessModes": ["ReadWriteOnce"], "storageClassName": "none", "resources": {"requests": {"storage": "1Gi"}}})), table("persistentvolumeclaims/c").only("columnDefinitions.*.name", "rows.0.cells.0", "rows.0.cells.1", "rows.0.cells.5"))
case("a table of ingresses", create(thing("Ingress", "i", {"rules": [{"host": "a.example.com", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "s", "port": {"number": 80}}}}]}}]}, "networking.k8s.io/v1")), table("ingresses/i").only("columnDefinitions.*.name", "rows.0.cells.0", "rows.0.cells.1", "rows.0.cells.2", "rows.0.cells.4"))
case("a wide service has its selector", create(service()), table("services/s").only("rows.0.cells.6"))
case("a wide deployment has its images", create(deployment(paused=True)), table("deployments/web").only("rows.0.cells.5", "rows.0.cells.6"))
case("an update is seen by the next read", create(config_map(x="1")), put(config_map(x="2")), get("configmaps/a").only("data"))
