"""JSON patch, merge patch, strategic merge patch, and the scale and status subresources."""

from __future__ import annotations

from tests.conformance.case_steps import (
    Table,
    config_map,
    container,
    create,
    deployment,
    get,
    json_patch,
    labelled,
    merge,
    pod,
    put,
    raw,
    service,
    strategic,
    thing,
)

# fmt: off
TABLE = case = Table("patches")
A = "configmaps/a"
D = "deployments/web"
JSON_PATCH = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
CONTAINERS = "spec.template.spec.containers"


def of(*containers: dict, **spec: object) -> dict:
    return deployment("web", *containers, paused=True, **spec)


def pods(**spec: object) -> dict:
    return {"spec": {"template": {"spec": spec}}}


# --- merge patch
case("merge: sets and removes", create(config_map(x="1", y="2")), merge(A, {"data": {"x": "9", "y": None}}).only("data"))
case("merge: makes maps on the way", create(config_map()), merge(A, {"data": {"x": "1"}, "metadata": {"labels": {"a": "b"}}}).only("data", "metadata.labels"))
case("merge: null removes a whole map", create(config_map(x="1")), merge(A, {"data": None}))
case("merge: of what is not there is NotFound", merge(A, {"data": {"x": "1"}}))
case("merge: an empty patch changes nothing", create(config_map(x="1")), merge(A, {}))
case("merge: no object is refused", create(config_map()), raw("PATCH", A, b"[]", kind="application/merge-patch+json"))
case("merge: malformed JSON is refused", create(config_map()), raw("PATCH", A, b'{"data": ', kind="application/merge-patch+json"))
case("merge: replaces lists whole", create(of(container(), container("side"))), merge(D, pods(containers=[container("new", "new:1")])).only(f"{CONTAINERS}.*.name"))
case("merge: another name is refused", create(config_map()), merge(A, {"metadata": {"name": "b"}}))
case("merge: another namespace is refused", create(config_map()), merge(A, {"metadata": {"namespace": "other"}}))
case("merge: another kind is refused", create(config_map()), merge(A, {"kind": "Secret"}))
case("merge: another uid is a Conflict", create(config_map()), merge(A, {"metadata": {"uid": "11111111-1111-1111-1111-111111111111"}}))
case("merge: an old resourceVersion is a Conflict", create(config_map()), merge(A, {"metadata": {"resourceVersion": "1"}, "data": {"x": "1"}}))
case("merge: a wrong type is refused", create(config_map()), merge(A, {"data": {"x": 5}}))
case("merge: an unknown field is a warning", create(config_map()), merge(A, {"dato": "x"}).only("data"))
case("merge: an unknown field with Strict", create(config_map()), merge(A, {"dato": "x"}, fieldValidation="Strict"))
case("merge: what makes it invalid is refused", create(of()), merge(D, {"spec": {"replicas": -1}}))
case("merge: on dry run stores nothing", create(config_map(x="1")), merge(A, {"data": {"x": "2"}}, dryRun="All").only("data"), get(A).only("data"))
case("merge: creationTimestamp is kept", create(config_map()), merge(A, {"metadata": {"creationTimestamp": "2020-01-01T00:00:00Z"}}).quiet())

# --- JSON patch
case("json: add, replace, remove", create(config_map(x="1", y="2")), json_patch(A, {"op": "add", "path": "/data/z", "value": "3"}, {"op": "replace", "path": "/data/x", "value": "9"}, {"op": "remove", "path": "/data/y"}).only("data"))
case("json: test that holds", create(config_map(x="1")), json_patch(A, {"op": "test", "path": "/data/x", "value": "1"}, {"op": "add", "path": "/data/y", "value": "2"}).only("data"))
case("json: test that fails", create(config_map(x="1")), json_patch(A, {"op": "test", "path": "/data/x", "value": "2"}))
case("json: remove of what is not there", create(config_map(x="1")), json_patch(A, {"op": "remove", "path": "/data/none"}))
case("json: replace of what is not there", create(config_map(x="1")), json_patch(A, {"op": "replace", "path": "/data/none", "value": "1"}))
case("json: add under what is not there", create(config_map()), json_patch(A, {"op": "add", "path": "/data/x", "value": "1"}))
case("json: copy and move", create(config_map(x="1")), json_patch(A, {"op": "copy", "from": "/data/x", "path": "/data/y"}, {"op": "move", "from": "/data/x", "path": "/data/z"}).only("data"))
case("json: an unknown operation", create(config_map(x="1")), json_patch(A, {"op": "twist", "path": "/data/x"}))
case("json: no list of operations", create(config_map()), raw("PATCH", A, {"op": "add"}, kind=JSON_PATCH))
case("json: an empty list changes nothing", create(config_map(x="1")), json_patch(A).only("data"))
case("json: escaped names", create(labelled(config_map(), **{"example.com/a": "1"})), json_patch(A, {"op": "replace", "path": "/metadata/labels/example.com~1a", "value": "2"}).only("metadata.labels"))
case("json: appends to a list", create(of()), json_patch(D, {"op": "add", "path": "/spec/template/spec/containers/-", "value": container("side")}).only(f"{CONTAINERS}.*.name"))
case("json: inserts into a list", create(of()), json_patch(D, {"op": "add", "path": "/spec/template/spec/containers/0", "value": container("side")}).only(f"{CONTAINERS}.*.name"))
case("json: an index out of the list", create(of()), json_patch(D, {"op": "replace", "path": "/spec/template/spec/containers/5/image", "value": "x"}))
case("json: a path without a slash", create(config_map(x="1")), json_patch(A, {"op": "remove", "path": "data"}))
case("json: fails as a whole", create(config_map(x="1")), json_patch(A, {"op": "replace", "path": "/data/x", "value": "2"}, {"op": "remove", "path": "/data/none"}), get(A).only("data"))

# --- strategic merge patch
case("strategic: containers merge by name", create(of(container(), container("side"))), strategic(D, pods(containers=[{"name": "side", "image": "side:2"}])).only(f"{CONTAINERS}.*.image"))
case("strategic: a new container comes first", create(of()), strategic(D, pods(containers=[container("side", "side:1")])).only(f"{CONTAINERS}.*.name"))
case("strategic: $patch delete takes an item", create(of(container(), container("side"))), strategic(D, pods(containers=[{"name": "side", "$patch": "delete"}])).only(f"{CONTAINERS}.*.name"))
case("strategic: $patch replace of a list", create(of(container(), container("side"))), strategic(D, pods(containers=[{"$patch": "replace"}, container("new", "new:1")])).only(f"{CONTAINERS}.*.name"))
case("strategic: $patch replace of a map", create(labelled(config_map(), a="1", b="2")), strategic(A, {"metadata": {"labels": {"$patch": "replace", "c": "3"}}}).only("metadata.labels"))
case("strategic: $patch delete of a map", create(labelled(config_map(), a="1")), strategic(A, {"metadata": {"labels": {"$patch": "delete"}}}).only("metadata.labels"))
case("strategic: $setElementOrder", create(of(container(), container("side"))), strategic(D, pods(**{"$setElementOrder/containers": [{"name": "side"}, {"name": "app"}]})).only(f"{CONTAINERS}.*.name"))
case("strategic: $setElementOrder with a new item", create(of(container(), container("side"))), strategic(D, pods(**{"$setElementOrder/containers": [{"name": "app"}, {"name": "new"}, {"name": "side"}], "containers": [container("new")]})).only(f"{CONTAINERS}.*.name"))
case("strategic: $deleteFromPrimitiveList", create(thing("ConfigMap", "a", finalizers=["example.com/a", "example.com/b"])), strategic(A, {"metadata": {"$deleteFromPrimitiveList/finalizers": ["example.com/a"]}}).only("metadata.finalizers"), merge(A, {"metadata": {"finalizers": None}}).quiet())
case("strategic: finalizers merge as a set", create(thing("ConfigMap", "a", finalizers=["example.com/a"])), strategic(A, {"metadata": {"finalizers": ["example.com/b"]}}).only("metadata.finalizers"), merge(A, {"metadata": {"finalizers": None}}).quiet())
case("strategic: $retainKeys of a strategy", create(of(strategy={"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}})), strategic(D, {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}).only("spec.strategy"))
case("strategic: $retainKeys of a volume", create(pod("p", volumes=[{"name": "v", "emptyDir": {}}])), strategic("pods/p", {"metadata": {"labels": {"a": "b"}}}).only("metadata.labels"))
case("strategic: null removes a field", create(of(replicas=3)), strategic(D, {"spec": {"replicas": None}}).only("spec.replicas"))
case("strategic: null removes an env", create(of(container(env=[{"name": "A", "value": "1"}]))), strategic(D, pods(containers=[{"name": "app", "env": None}])).only(f"{CONTAINERS}.0.env"))
case("strategic: env merges by name", create(of(container(env=[{"name": "A", "value": "1"}, {"name": "B", "value": "1"}]))), strategic(D, pods(containers=[{"name": "app", "env": [{"name": "B", "value": "2"}, {"name": "C", "value": "3"}]}])).only(f"{CONTAINERS}.0.env"))
case("strategic: commands are replaced", create(of(container(command=["a", "b"]))), strategic(D, pods(containers=[{"name": "app", "command": ["c"]}])).only(f"{CONTAINERS}.0.command"))
case("strategic: container ports merge by number", create(of(container(ports=[{"containerPort": 80, "name": "a"}]))), strategic(D, pods(containers=[{"name": "app", "ports": [{"containerPort": 80, "name": "b"}, {"containerPort": 81}]}])).only(f"{CONTAINERS}.0.ports"))
case("strategic: service ports merge by number", create(service("s", {"port": 80, "name": "a"})), strategic("services/s", {"spec": {"ports": [{"port": 81, "name": "b"}]}}).only("spec.ports"))
case("strategic: an item without its key is refused", create(of()), strategic(D, pods(containers=[{"image": "x"}])))
case("strategic: a wrong type is refused", create(of()), strategic(D, {"spec": {"replicas": "x"}}))
case("strategic: an unknown $patch is refused", create(of()), strategic(D, pods(containers=[{"name": "app", "$patch": "twist"}])))
case("strategic: tolerations are replaced", create(deployment("web", paused=True, template={"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container()], "tolerations": [{"key": "a", "operator": "Exists"}]}})), strategic(D, pods(tolerations=[{"key": "b", "operator": "Exists"}])).only("spec.template.spec.tolerations.*.key"))
case("strategic: volumes merge by name", create(deployment("web", paused=True, template={"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container()], "volumes": [{"name": "v", "emptyDir": {}}]}})), strategic(D, pods(volumes=[{"name": "w", "emptyDir": {}}])).only("spec.template.spec.volumes.*.name"))
case("strategic: a selector merges", create(service(selector={"a": "1"})), strategic("services/s", {"spec": {"selector": {"b": "2"}}}).only("spec.selector"))
case("strategic: malformed JSON is refused", create(of()), raw("PATCH", D, b'{"spec": ', kind=STRATEGIC))
case("strategic: secrets of a service account merge by name", create({**thing("ServiceAccount", "b"), "imagePullSecrets": [{"name": "a"}]}), strategic("serviceaccounts/b", {"imagePullSecrets": [{"name": "c"}]}).only("imagePullSecrets"))

# --- scale and status
case("scale: is read", create(of(replicas=2)), get(f"{D}/scale"))
case("scale: of what is not there", get("deployments/none/scale"))
case("scale: is updated", create(of(replicas=2)), put({"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "web"}, "spec": {"replicas": 5}}, f"{D}/scale").only("spec"), get(D).only("spec.replicas", "metadata.generation"))
case("scale: is patched", create(of(replicas=2)), merge(f"{D}/scale", {"spec": {"replicas": 0}}).only("spec"), get(D).only("spec.replicas"))
case("scale: below nothing is refused", create(of(replicas=2)), merge(f"{D}/scale", {"spec": {"replicas": -1}}))
case("scale: an old resourceVersion is a Conflict", create(of()), put({"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "web", "resourceVersion": "1"}, "spec": {"replicas": 5}}, f"{D}/scale"))
case("scale: on dry run", create(of(replicas=2)), merge(f"{D}/scale", {"spec": {"replicas": 7}}, dryRun="All").only("spec"), get(D).only("spec.replicas"))
case("scale: kinds without it", create(config_map()), get(f"{A}/scale"))
case("status: is patched apart from the spec", create(of(replicas=2)), merge(f"{D}/status", {"spec": {"replicas": 9}, "status": {"collisionCount": 3}}).only("status.collisionCount", "spec.replicas", "metadata.generation"))
case("status: labels of the body are left", create(of()), merge(f"{D}/status", {"metadata": {"labels": {"a": "b"}}}).only("metadata.labels"))
case("status: of a namespace's object that has none", create(config_map()), merge(f"{A}/status", {}))
case("status: a wrong type is refused", create(of()), merge(f"{D}/status", {"status": {"replicas": "x"}}).only("code", "reason"))
case("status: by strategic patch merges conditions", create(pod("p", nodeName="none")), strategic("pods/p/status", {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}).quiet(), strategic("pods/p/status", {"status": {"conditions": [{"type": "Extra", "status": "True"}]}}).only("status.conditions.*.type"))
