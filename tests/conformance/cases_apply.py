"""Server-side apply and managedFields: who owns what, what conflicts, what goes."""

from __future__ import annotations

from tests.conformance.case_steps import (
    Table,
    annotated,
    answered,
    apply,
    config_map,
    container,
    create,
    delete,
    deployment,
    edit,
    get,
    json_patch,
    labelled,
    merge,
    put,
    raw,
    service,
    strategic,
    thing,
)

# fmt: off
TABLE = case = Table("apply")
TWO = deployment("web", container(), paused=True)


def sized(replicas: int, image: str = "app:1") -> dict:
    return deployment("web", container(image=image), paused=True, replicas=replicas)


# --- creating
case("apply creates what is not there", apply(config_map(x="1")))
case("apply of a deployment owns what it told, not the defaults", apply(sized(2)))
case("apply needs a fieldManager", apply(config_map(x="1"), ""))
case("apply of an empty manager is refused", apply(config_map(), "", fieldManager=""))
case("apply refuses managedFields", apply(thing("ConfigMap", "a", managedFields=[{"manager": "x", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": {}}])))
case("apply takes empty managedFields", apply(thing("ConfigMap", "a", managedFields=[])))
case("apply takes YAML", raw("PATCH", "configmaps/a", b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: '1'\n", kind="application/apply-patch+yaml", fieldManager="one"))
case("apply of malformed YAML is refused", raw("PATCH", "configmaps/a", b"a: [", kind="application/apply-patch+yaml", fieldManager="one").only("code", "reason"))
case("apply without a kind is refused", raw("PATCH", "configmaps/a", {"apiVersion": "v1", "metadata": {"name": "a"}}, kind="application/apply-patch+yaml", fieldManager="one"))
case("apply without an apiVersion is refused", raw("PATCH", "configmaps/a", {"kind": "ConfigMap", "metadata": {"name": "a"}}, kind="application/apply-patch+yaml", fieldManager="one"))
case("apply of another kind is refused", raw("PATCH", "configmaps/a", thing("Secret", "a"), kind="application/apply-patch+yaml", fieldManager="one"))
case("apply under another name is refused", apply(config_map("b"), what="configmaps/a"))
case("apply without a name takes the path's", raw("PATCH", "configmaps/a", {"apiVersion": "v1", "kind": "ConfigMap", "data": {"x": "1"}}, kind="application/apply-patch+yaml", fieldManager="one"))
case("apply of another namespace is refused", apply(thing("ConfigMap", "a", namespace="other")))
case("apply with a resourceVersion of what is not there is a Conflict", apply(thing("ConfigMap", "a", resourceVersion="1")))
case("apply with a uid of what is not there is a Conflict", apply(thing("ConfigMap", "a", uid="11111111-1111-1111-1111-111111111111")))
case("apply with an old resourceVersion is a Conflict", create(config_map()), apply(thing("ConfigMap", "a", resourceVersion="1")))
case("apply with the present resourceVersion goes", create(config_map(x="1")), apply(lambda h: {**config_map(y="2"), "metadata": {"name": "a", "resourceVersion": answered("metadata", "resourceVersion")(h)}}, what="configmaps/a").only("data"))
case("apply of an unknown field is refused with Strict", apply({**config_map(), "dato": {}}, fieldValidation="Strict"))
case("apply of an unknown field is refused", apply({**config_map(), "dato": {"x": "1"}}))
case("apply of an unknown field in a spec is refused", apply(deployment(replica=2)))
case("apply of a wrong type is refused", apply({**config_map(), "data": {"x": 1}}))
case("apply of text for a number is refused", apply(deployment(replicas="2")))
case("apply on dry run stores nothing", apply(config_map(x="1"), dryRun="All").only("data", "metadata.managedFields"), get("configmaps/a"))
case("apply on dry run shows conflicts", apply(config_map(x="1")), apply(config_map(x="2"), "two", dryRun="All"))
case("apply drops uid, generation and creationTimestamp of the body or not", apply(thing("ConfigMap", "a", creationTimestamp="2020-01-01T00:00:00Z", generation=4)))
case("apply of a status by the main path owns none of it", apply({**sized(1), "status": {"replicas": 4}}).only("status", "metadata.managedFields"))

# --- the same manager again
case("the same again changes nothing", apply(config_map(x="1")), apply(config_map(x="1")))
case("the same again keeps the resourceVersion", apply(config_map(x="1")), apply(config_map(x="1")), put(lambda h: {**h[1].body, "metadata": {"name": "a", "resourceVersion": answered("metadata", "resourceVersion", of=0)(h)}}, "configmaps/a").quiet())
case("a new value of one's own field is set", apply(config_map(x="1")), apply(config_map(x="2")))
case("a field told no longer is removed", apply(config_map(x="1", y="2")), apply(config_map(x="1")))
case("all fields told no longer are removed", apply(config_map(x="1")), apply(config_map()))
case("a label told no longer is removed", apply(labelled(config_map(), a="1", b="2")), apply(labelled(config_map(), a="1")))
case("all labels told no longer are removed", apply(labelled(config_map(), a="1")), apply(config_map()))
case("an annotation told no longer is removed", apply(annotated(config_map(), a="1")), apply(config_map()))
case("a whole map told no longer is removed", apply({**config_map(x="1"), "binaryData": {"y": "AAAA"}}), apply(config_map(x="1")))
case("a finalizer told no longer is removed", apply(thing("ConfigMap", "a", finalizers=["example.com/a", "example.com/b"])), apply(thing("ConfigMap", "a", finalizers=["example.com/a"])), merge("configmaps/a", {"metadata": {"finalizers": None}}).quiet())
case("a scalar told no longer goes back to its default", apply(sized(3)), apply(TWO).only("spec.replicas", "metadata.managedFields"))
case("a struct told no longer leaves the defaults", apply(deployment(paused=True, strategy={"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}})), apply(TWO).only("spec.strategy", "metadata.managedFields"))
case("changing a strategy to Recreate clashes with defaults or not", apply(TWO), apply(deployment(paused=True, strategy={"type": "Recreate"})))
case("removing a probe of one's own", apply(deployment("web", container(livenessProbe={"httpGet": {"path": "/", "port": 80}}), paused=True)), apply(TWO))
case("removing resources of one's own", apply(deployment("web", container(resources={"limits": {"cpu": "1"}}), paused=True)), apply(TWO).only("spec.template.spec.containers.0.resources"))
case("an empty map is owned as such", apply({**config_map(), "data": {}}))
case("an empty map after values removes them", apply(config_map(x="1")), apply({**config_map(), "data": {}}))
case("null instead of a value", apply({**config_map(), "data": {"x": None, "y": "1"}}))
case("null instead of a map", apply({**config_map(), "data": None}))
case("null of what another owns", apply(config_map(x="1")), apply({**config_map(), "data": {"x": None}}, "two"))
case("null of one's own value", apply(config_map(x="1", y="2")), apply({**config_map(), "data": {"x": None, "y": "2"}}))
case("a null struct in a spec", apply(deployment(paused=True, strategy=None)).only("spec.strategy", "metadata.managedFields"))
case("a null number in a spec", apply(deployment(paused=True, replicas=None)).only("spec.replicas", "metadata.managedFields"))
case("an empty struct is owned as such", apply(deployment("web", container(securityContext={}), paused=True)))

# --- two managers
case("two managers, two fields", apply(config_map(x="1")), apply(config_map(y="2"), "two"))
case("two managers may share a value", apply(config_map(x="1")), apply(config_map(x="1"), "two"))
case("a shared field stays when one leaves it", apply(config_map(x="1")), apply(config_map(x="1", y="2"), "two"), apply(config_map()))
case("a shared field goes when both leave it", apply(config_map(x="1")), apply(config_map(x="1"), "two"), apply(config_map()), apply(config_map(), "two"))
case("a shared field can't be changed by one alone", apply(config_map(x="1")), apply(config_map(x="1"), "two"), apply(config_map(x="2")))
case("another's value conflicts and is named", apply(config_map(x="1")), apply(config_map(x="2"), "two"))
case("several fields of one manager are named", apply(config_map(x="1", y="1", z="1")), apply(config_map(x="2", y="2", z="1"), "two"))
case("fields of several managers are named", apply(config_map(x="1")), apply(config_map(y="1"), "two"), apply(config_map(x="2", y="2"), "three").only("code", "details"))
case("a conflict with an updater names its version", create(config_map(x="1"), fieldManager="editor"), apply(config_map(x="2")))
case("a conflict changes nothing", apply(config_map(x="1")), apply(config_map(x="2", y="3"), "two"), get("configmaps/a"))
case("force takes the field", apply(config_map(x="1")), apply(config_map(x="2"), "two", force=True))
case("force takes it from all", apply(config_map(x="1")), apply(config_map(x="1"), "two"), apply(config_map(x="2"), "three", force=True))
case("force with the same value shares it", apply(config_map(x="1")), apply(config_map(x="1"), "two", force=True))
case("who lost a field to force conflicts next time", apply(config_map(x="1")), apply(config_map(x="2"), "two", force=True), apply(config_map(x="1")))
case("who lost a field to force and leaves it removes nothing", apply(config_map(x="1", y="1")), apply(config_map(x="2"), "two", force=True), apply(config_map(y="1")))
case("force is refused where nothing is applied", create(config_map(x="1")), merge("configmaps/a", {"data": {"x": "2"}}, force="true"))
case("a bad force is refused", apply(config_map(x="1"), force="perhaps"))
case("replicas of two managers conflict", apply(sized(2)), apply(sized(3), "two"))
case("an image of two managers conflicts", apply(sized(2)), apply(sized(2, "app:2"), "two"))
case("conflicts in labels", apply(labelled(config_map(), a="1")), apply(labelled(config_map(), a="2"), "two"))
case("conflicts in annotations with dots and slashes", apply(annotated(config_map(), **{"example.com/a.b": "1"})), apply(annotated(config_map(), **{"example.com/a.b": "2"}), "two"))
case("a manager's name with spaces and quotes is told", apply(config_map(x="1"), 'Bo"b the builder'), apply(config_map(x="2"), "two"))

# --- updates between
case("an update of another's field takes it", apply(config_map(x="1", y="1")), *edit("configmaps/a", lambda o: o["data"].update(x="2")))
case("a merge patch takes the field it changes", apply(config_map(x="1", y="1")), merge("configmaps/a", {"data": {"x": "2"}}, fieldManager="editor"))
case("a merge patch with the same value owns nothing", apply(config_map(x="1", y="1")), merge("configmaps/a", {"data": {"x": "1"}}, fieldManager="editor"))
case("a merge patch that removes a field removes its owners", apply(config_map(x="1", y="1")), merge("configmaps/a", {"data": {"x": None}}, fieldManager="editor"))
case("a JSON patch takes the field it changes", apply(config_map(x="1")), json_patch("configmaps/a", {"op": "replace", "path": "/data/x", "value": "2"}, fieldManager="editor"))
case("a strategic patch takes the field it changes", apply(sized(2)), strategic("deployments/web", {"spec": {"replicas": 3}}, fieldManager="editor").only("metadata.managedFields"))
case("the applier conflicts with the patcher", apply(config_map(x="1")), merge("configmaps/a", {"data": {"x": "2"}}, fieldManager="editor"), apply(config_map(x="1")))
case("the applier that tells what the patcher set shares it", apply(config_map(x="1")), merge("configmaps/a", {"data": {"x": "2"}}, fieldManager="editor"), apply(config_map(x="2")))
case("a field added by a patch stays when the applier never told it", apply(config_map(x="1")), merge("configmaps/a", {"data": {"y": "2"}}, fieldManager="editor"), apply(config_map(x="1")))
case("one manager's update and apply are two entries", create(config_map(x="1"), fieldManager="one"), apply(config_map(x="1", y="2"), "one"))
case("one manager's apply conflicts with its own update", create(config_map(x="1"), fieldManager="one"), apply(config_map(x="2"), "one"))
case("what an updater owns too stays when the applier leaves it", create(config_map(x="1"), fieldManager="editor"), apply(config_map(x="1")), apply(config_map()))
case("two updates of one manager are one entry", create(config_map(x="1"), fieldManager="editor"), merge("configmaps/a", {"data": {"y": "2"}}, fieldManager="editor"))
case("updates of different managers are two entries", create(config_map(x="1"), fieldManager="editor"), merge("configmaps/a", {"data": {"y": "2"}}, fieldManager="other"))
case("an update that takes all leaves no empty entry", create(config_map(x="1"), fieldManager="editor"), merge("configmaps/a", {"data": {"x": "2"}}, fieldManager="other"))
case("an update may not write managedFields of its own wish", create(config_map(x="1")), *edit("configmaps/a", lambda o: o["metadata"].update(managedFields=[{"manager": "fake", "operation": "Update", "apiVersion": "v1", "time": "2020-01-01T00:00:00Z", "fieldsType": "FieldsV1", "fieldsV1": {"f:data": {"f:x": {}}}}])))
case("managedFields of one empty entry are reset", apply(config_map(x="1")), merge("configmaps/a", {"metadata": {"managedFields": [{}]}}, fieldManager="editor"))
case("managedFields of an empty list are reset", apply(config_map(x="1")), merge("configmaps/a", {"metadata": {"managedFields": []}}, fieldManager="editor"))
case("managedFields of null are kept", apply(config_map(x="1")), merge("configmaps/a", {"metadata": {"managedFields": None}}, fieldManager="editor"))
case("managedFields that are broken are kept as they were or refused", apply(config_map(x="1")), merge("configmaps/a", {"metadata": {"managedFields": [{"manager": "m", "operation": "Weird"}]}}, fieldManager="editor"))
case("the first apply over an object without managedFields", create(config_map(x="1")), merge("configmaps/a", {"metadata": {"managedFields": [{}]}}), apply(config_map(x="2")))
case("an update after a reset owns what it changes", create(config_map(x="1", y="1")), merge("configmaps/a", {"metadata": {"managedFields": [{}]}}), merge("configmaps/a", {"data": {"x": "2"}}, fieldManager="editor"))
case("a JSON patch can drop one entry of managedFields", apply(config_map(x="1")), apply(config_map(y="1"), "two"), json_patch("configmaps/a", {"op": "remove", "path": "/metadata/managedFields/0"}))

# --- subresources
case("an apply to the status is an entry of its own", apply(sized(1)), apply({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "status": {"replicas": 7}}, "kubelet", "deployments/web/status", force=True).only("metadata.managedFields"))
case("a patch of the scale is an entry of its own", apply(sized(2)), merge("deployments/web/scale", {"spec": {"replicas": 5}}, fieldManager="scaler").quiet(), get("deployments/web").only("spec.replicas", "metadata.managedFields"))
case("an apply of the scale conflicts", apply(sized(2)), apply({"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "web"}, "spec": {"replicas": 3}}, "scaler", "deployments/web/scale"))
case("an apply of the scale with force takes replicas", apply(sized(2)), apply({"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "web"}, "spec": {"replicas": 3}}, "scaler", "deployments/web/scale", force=True).shown(), get("deployments/web").only("spec.replicas", "metadata.managedFields"))
case("the applier conflicts with the scaler", apply(sized(2)), merge("deployments/web/scale", {"spec": {"replicas": 5}}, fieldManager="scaler").quiet(), apply(sized(2)))
case("the applier that leaves replicas lets the scaler be", apply(sized(2)), merge("deployments/web/scale", {"spec": {"replicas": 5}}, fieldManager="scaler").quiet(), apply(TWO).only("spec.replicas", "metadata.managedFields"))

# --- moving from client-side apply
case("kubectl's last-applied annotation is a field like others", create({**annotated(config_map(x="1"), **{"kubectl.kubernetes.io/last-applied-configuration": "{}"})}, fieldManager="kubectl-client-side-apply"), apply(config_map(x="1"), "kubectl"))
case("kubectl takes over from kubectl-client-side-apply", create({**annotated(config_map(x="1"), **{"kubectl.kubernetes.io/last-applied-configuration": '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"1"}}'})}, fieldManager="kubectl-client-side-apply"), apply(config_map(x="2"), "kubectl"))
case("another manager keeps the last-applied annotation", create({**annotated(config_map(x="1"), **{"kubectl.kubernetes.io/last-applied-configuration": '{"data":{"x":"1"}}'})}, fieldManager="kubectl-client-side-apply"), apply(config_map(x="1"), "one", force=True))

# --- other kinds
case("apply of a namespace's labels", apply(thing("Namespace", "$NS", labels={"team": "a"}), "one").only("metadata.labels", "metadata.managedFields"))
case("apply of a secret with stringData owns stringData", apply({**thing("Secret", "a"), "stringData": {"x": "1"}}))
case("apply of a secret with data", apply({**thing("Secret", "a"), "type": "Opaque", "data": {"x": "MQ=="}}))
case("apply of a secret with stringData twice", apply({**thing("Secret", "a"), "stringData": {"x": "1"}}), apply({**thing("Secret", "a"), "stringData": {"x": "2"}}))
case("apply of a service", apply(service()).only("metadata.managedFields", "spec.ports"))
case("apply of a service account", apply({**thing("ServiceAccount", "b"), "automountServiceAccountToken": False}).only("metadata.managedFields", "automountServiceAccountToken"))
case("apply of a role", apply({**thing("Role", "r", version="rbac.authorization.k8s.io/v1"), "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}))
case("apply over what is marked for deletion goes on", create(thing("ConfigMap", "a", finalizers=["example.com/keep"])), delete("configmaps/a").quiet(), apply(config_map(x="1")).only("data"), merge("configmaps/a", {"metadata": {"finalizers": None}}).quiet())
case("an ownerReference is owned by its uid", apply(thing("ConfigMap", "a", ownerReferences=[{"apiVersion": "v1", "kind": "ConfigMap", "name": "b", "uid": "b1111111-1111-1111-1111-111111111111"}])).only("metadata.managedFields"))
