"""get, create, update, delete, deletecollection, dry run, and what is refused before any of them."""

from __future__ import annotations

from tests.conformance.case_steps import (
    PARTIAL,
    PARTIAL_LIST,
    Table,
    annotated,
    answered,
    config_map,
    container,
    create,
    delete,
    deployment,
    edit,
    get,
    gone,
    labelled,
    merge,
    pod,
    put,
    raw,
    service,
    table,
    thing,
)

# fmt: off
TABLE = case = Table("verbs")

# --- get and create
case("get of what is not there is NotFound and names it", get("configmaps/none"))
case("get of a group's object that is not there names the group", get("deployments/none"))
case("a kind that is not there is a plain 404", get("/api/v1/namespaces/$NS/gadgets"))
case("a group that is not there is a plain 404", get("/apis/none.example.com/v1/gadgets"))
case("a version that is not there is a plain 404", get("/apis/apps/v9/deployments"))
case("a subresource that is not there is a plain 404", create(config_map(x="1")), get("configmaps/a/status"))
case("create answers 201 and the whole object", create(config_map(x="1")))
case("create twice is AlreadyExists", create(config_map()), create(config_map()))
case("create twice of a group's kind names the group", create(deployment()), create(deployment()))
case("create records the user agent as manager", create(config_map(x="1")), get("configmaps/a"))
case("create takes a fieldManager", create(config_map(x="1"), fieldManager="me"))
case("a fieldManager over 128 letters is refused", create(config_map(), fieldManager="m" * 129))
case("a fieldManager with a line break is refused", create(config_map(), fieldManager="a\nb"))
case("create makes a name of generateName", create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "made-"}}).only("metadata.generateName", "kind"))
case("create without a name is refused", create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}, "configmaps"))
case("create of another namespace's object is refused", create(thing("ConfigMap", "a", namespace="other")))
case("create in a namespace that is not there is NotFound", raw("POST", "/api/v1/namespaces/$NS-none/configmaps", config_map()))
case("create drops what the server sets itself", create(thing("ConfigMap", "a", uid="x", creationTimestamp="2020-01-01T00:00:00Z", generation=7)))
case("create with a resourceVersion is refused", create(thing("ConfigMap", "a", resourceVersion="1")))
case("create drops a status", create({**deployment(), "status": {"replicas": 3}}).only("status"))
case("create with another kind in the body is refused", raw("POST", "configmaps", thing("Secret", "a")))
case("create with another version in the body is refused", raw("POST", "deployments", {**deployment(), "apiVersion": "apps/v1beta1"}))
case("create without a kind is taken for the path's", raw("POST", "configmaps", {"metadata": {"name": "a"}}).only("kind", "apiVersion"))
case("create of no object is refused", raw("POST", "configmaps", b"[]"))
case("create of malformed JSON is refused", raw("POST", "configmaps", b'{"kind": '))
case("create of an empty body is refused", raw("POST", "configmaps", b""))
case("create of a wrong content type is refused", raw("POST", "configmaps", b"hello", kind="text/plain"))
case("create takes YAML", raw("POST", "configmaps", b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: '1'}\n", kind="application/yaml").only("data"))
case("create of malformed YAML is refused", raw("POST", "configmaps", b"a: [", kind="application/yaml").only("code", "reason"))
case("a number where text belongs is refused", raw("POST", "configmaps", {**config_map(), "data": {"x": 1}}))
case("text where a number belongs is refused", create(deployment(replicas="three")))
case("a list where a map belongs is refused", raw("POST", "configmaps", {**config_map(), "data": ["x"]}))
case("an unknown field is dropped in silence with Ignore", create({**config_map(), "dato": {"x": "1"}}, fieldValidation="Ignore"))
case("an unknown field is a warning without fieldValidation", create({**config_map(), "dato": {"x": "1"}}))
case("an unknown field is a warning with Warn", create(deployment(replica=3), fieldValidation="Warn").only("spec.replicas"))
case("an unknown field is refused with Strict", create(deployment(replica=3), fieldValidation="Strict"))
case("several unknown fields are named with Strict", create(deployment("web", container(imag="x", envs=[]), replica=3), fieldValidation="Strict"))
case("a field told twice is refused with Strict", raw("POST", "configmaps", b'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"1","x":"2"}}', fieldValidation="Strict"))
case("a field told twice is a warning with Warn", raw("POST", "configmaps", b'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"1","x":"2"}}', fieldValidation="Warn").only("data"))
case("another fieldValidation is refused", create(config_map(), fieldValidation="Maybe"))
case("names of fields in other letters are unknown", create({**config_map(), "Data": {"x": "1"}}, fieldValidation="Strict"))
case("null fields are absent", create({**config_map(), "data": None, "binaryData": None}))
case("a null value in a map is kept as empty text", create({**config_map(), "data": {"x": None}}).only("data"))

# --- dry run
case("create on dry run answers the object and stores none", create(config_map(x="1"), dryRun="All"), get("configmaps/a"))
case("another dryRun is refused", create(config_map(), dryRun="Some"))
case("update on dry run stores nothing", create(config_map(x="1")), put(config_map(x="2"), dryRun="All").only("data"), get("configmaps/a").only("data"))
case("delete on dry run keeps it", create(config_map(x="1")), delete("configmaps/a", dryRun="All").quiet(), get("configmaps/a").only("data"))
case("delete with dryRun in its options keeps it", create(config_map(x="1")), delete("configmaps/a", {"dryRun": ["All"]}).quiet(), get("configmaps/a").only("data"))
case("a dry run of a service allots an address", create(service(), dryRun="All").only("spec"))

# --- update
case("update replaces what is not told again", create(config_map(x="1", y="2")), put(config_map(x="3")).only("data"))
case("update of what is not there is NotFound", put(config_map()))
case("update without a resourceVersion takes the last", create(config_map(x="1")), merge("configmaps/a", {"data": {"x": "2"}}), put(config_map(x="3")).only("data"))
case("update with an old resourceVersion is a Conflict", create(config_map(x="1")), merge("configmaps/a", {"data": {"x": "2"}}), put({**config_map(), "metadata": {"name": "a", "resourceVersion": "1"}}))
case("update of a group's kind with an old resourceVersion names the group", create(deployment()), put({**deployment(), "metadata": {"name": "web", "resourceVersion": "1"}}))
case("update with a bad resourceVersion is refused", create(config_map()), put(thing("ConfigMap", "a", resourceVersion="abc")))
case("update with another uid is a Conflict", create(config_map()), put(thing("ConfigMap", "a", uid="00000000-0000-0000-0000-000000000000")))
case("update under another name is refused", create(config_map()), put(config_map("b"), "configmaps/a"))
case("update without a name is refused", create(config_map()), put({"apiVersion": "v1", "kind": "ConfigMap", "data": {}}, "configmaps/a"))
case("update that changes nothing keeps resourceVersion and owners", create(config_map(x="1")), *edit("configmaps/a", lambda _: None))
case("update by another manager gives it the fields it changed", create(config_map(x="1", y="2")), *edit("configmaps/a", lambda o: o["data"].update(x="3", z="4")))
case("update that removes a field takes it from its owner", create(config_map(x="1", y="2")), *edit("configmaps/a", lambda o: o["data"].pop("y")))
case("update of metadata does not raise the generation", create(deployment()), *edit("deployments/web", lambda o: o["metadata"].update(labels={"a": "b"}))[:1], merge("deployments/web", {"metadata": {"labels": {"a": "b"}}}).only("metadata.generation", "metadata.labels"))
case("update of the spec raises the generation", create(deployment(paused=True)), merge("deployments/web", {"spec": {"replicas": 2}}).only("metadata.generation", "spec.replicas"))
case("update does not touch the status", create(deployment(paused=True)), merge("deployments/web", {"status": {"replicas": 9}}).only("status.replicas"))
case("a configmap marked immutable can't be changed", create({**config_map(x="1"), "immutable": True}), merge("configmaps/a", {"data": {"x": "2"}}))
case("a secret's type is immutable", create({**thing("Secret", "a"), "type": "Opaque"}), merge("secrets/a", {"type": "example.com/x"}))
case("a deployment's selector is immutable", create(deployment()), merge("deployments/web", {"spec": {"selector": {"matchLabels": {"b": "c"}}, "template": {"metadata": {"labels": {"b": "c"}}}}}))
case("a pod's containers are immutable", create(pod()), merge("pods/p", {"spec": {"hostNetwork": True}}).only("reason"))
case("a pod's image can change", create(pod()), *edit("pods/p", lambda o: o["spec"]["containers"][0].update(image="app:2"))[:1], raw("PATCH", "pods/p", {"spec": {"containers": [{"name": "app", "image": "app:2"}]}}, kind="application/strategic-merge-patch+json").only("spec.containers.0.image"))
case("a service's cluster address is immutable", create(service()), merge("services/s", {"spec": {"clusterIP": "10.0.255.254", "clusterIPs": ["10.0.255.254"]}}).only("code", "details.causes.0.field"))
case("a job's template is immutable", create(thing("Job", "j", {"template": {"spec": {"containers": [container()], "restartPolicy": "Never"}}, "suspend": False}, "batch/v1")), raw("PATCH", "jobs/j", {"spec": {"completions": 3}}, kind="application/merge-patch+json").only("code"))
case("a statefulset's service name is immutable", create(thing("StatefulSet", "db", {"serviceName": "db", "replicas": 0, "selector": {"matchLabels": {"app": "db"}}, "template": {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [container()]}}}, "apps/v1")), merge("statefulsets/db", {"spec": {"serviceName": "other"}}))

# --- delete
case("delete of a configmap answers Success", create(config_map()), delete("configmaps/a"))
case("delete of what is not there is NotFound", delete("configmaps/none"))
case("delete of a deployment answers Success", create(deployment(paused=True)), delete("deployments/web"))
case("delete of a service answers the object", create(service()), delete("services/s").only("kind", "status", "metadata.name"))
case("delete of a service account answers the object", create(thing("ServiceAccount", "b")), delete("serviceaccounts/b").only("kind", "metadata.name"))
case("delete of another uid is a Conflict", create(config_map()), delete("configmaps/a", {"preconditions": {"uid": "11111111-1111-1111-1111-111111111111"}}))
case("delete of its own uid goes", create(config_map()), delete("configmaps/a", lambda h: {"preconditions": {"uid": h[0].body["metadata"]["uid"]}}).quiet(), get("configmaps/a"))
case("delete of another resourceVersion is a Conflict", create(config_map()), delete("configmaps/a", {"preconditions": {"resourceVersion": "1"}}).only("reason", "code"))
case("delete with an unknown propagation policy is refused", create(config_map()), delete("configmaps/a", {"propagationPolicy": "Sideways"}))
case("delete with both orphanDependents and a policy is refused", create(config_map()), delete("configmaps/a", {"propagationPolicy": "Orphan", "orphanDependents": True}))
case("delete with malformed options is refused", create(config_map()), raw("DELETE", "configmaps/a", b"{nope"))
case("delete of what has a finalizer marks it", create(thing("ConfigMap", "a", finalizers=["example.com/keep"])), delete("configmaps/a").only("metadata.deletionGracePeriodSeconds", "metadata.finalizers", "metadata.deletionTimestamp"))
case("what is marked stays until its last finalizer is gone", create(thing("ConfigMap", "a", finalizers=["example.com/keep"])), delete("configmaps/a").quiet(), merge("configmaps/a", {"metadata": {"finalizers": None}}).quiet(), get("configmaps/a"))
case("what is marked takes no new finalizer", create(thing("ConfigMap", "a", finalizers=["example.com/keep"])), delete("configmaps/a").quiet(), merge("configmaps/a", {"metadata": {"finalizers": ["example.com/keep", "example.com/more"]}}), merge("configmaps/a", {"metadata": {"finalizers": None}}).quiet())
case("what is marked can't be created again", create(thing("ConfigMap", "a", finalizers=["example.com/keep"])), delete("configmaps/a").quiet(), create(config_map()), merge("configmaps/a", {"metadata": {"finalizers": None}}).quiet())
case("a finalizer without a domain is refused or not", create(thing("ConfigMap", "a", finalizers=["keep"])))
case("delete in the foreground leaves a finalizer", create(thing("ConfigMap", "a", finalizers=["example.com/keep"])), delete("configmaps/a", {"propagationPolicy": "Foreground"}).only("metadata.finalizers"), merge("configmaps/a", {"metadata": {"finalizers": None}}).quiet())
case("deletecollection takes what the selector picks", create(labelled(config_map("a"), t="1")), create(labelled(config_map("b"), t="2")), delete("configmaps", labelSelector="t=1").quiet(), get("configmaps", labelSelector="t").only("items.*.metadata.name"))
case("deletecollection by field", create(config_map("a")), create(config_map("b")), delete("configmaps", fieldSelector="metadata.name=a").quiet(), get("configmaps/a").quiet(), get("configmaps/b").quiet())
case("deletecollection answers the list of what went", create(labelled(config_map("a"), t="1")), delete("configmaps", labelSelector="t=1").only("kind", "items.*.metadata.name"))
case("services have deletecollection too", create(labelled(service(), t="1")), delete("services", labelSelector="t=1").quiet(), get("services/s").until(gone))

# --- methods
case("PUT on a collection is not allowed", raw("PUT", "configmaps", config_map()))
case("POST on an object is not allowed", raw("POST", "configmaps/a", config_map()))
case("PATCH on a collection is not allowed", raw("PATCH", "configmaps", {}, kind="application/merge-patch+json"))
case("a patch of an unknown type is refused", create(config_map()), raw("PATCH", "configmaps/a", {}, kind="application/json"))
case("DELETE on all namespaces' objects is not allowed", raw("DELETE", "/api/v1/configmaps"))

# --- other shapes
case("PartialObjectMetadata leaves the metadata", create(labelled(config_map(x="1"), t="1")), get("configmaps/a").with_headers(Accept=PARTIAL))
case("PartialObjectMetadataList leaves the metadata of each", create(labelled(config_map(x="1"), t="1")), get("configmaps", labelSelector="t=1").with_headers(Accept=PARTIAL_LIST))
case("another shape is refused", get("configmaps").with_headers(Accept="application/json;as=Chart;v=v1;g=meta.k8s.io"))
case("an Accept that can't be met is refused", get("configmaps").with_headers(Accept="image/png"))
case("pretty makes no other object", create(config_map(x="1")), get("configmaps/a", pretty="true").only("data"))
case("a table of configmaps", create(config_map(x="1")), table("configmaps/a").only("kind", "columnDefinitions.*.name", "rows.0.cells.0", "rows.0.cells.1"))
case("a table of services", create(service()), table("services/s").only("columnDefinitions.*.name", "columnDefinitions.*.priority", "rows.0.cells.0", "rows.0.cells.1", "rows.0.cells.3", "rows.0.cells.4"))
case("a table's rows carry the metadata", create(config_map(x="1")), table("configmaps/a").only("rows.0.object"))
case("a table may leave out the objects", create(config_map(x="1")), table("configmaps/a", includeObject="None").only("rows.0.object"))
case("a table may carry the whole objects", create(config_map(x="1")), table("configmaps/a", includeObject="Object").only("rows.0.object.data"))
case("a table of deployments", create(deployment(replicas=0)), table("deployments/web").only("columnDefinitions", "rows.0.cells.0", "rows.0.cells.5", "rows.0.cells.6", "rows.0.cells.7"))

# --- metadata
case("annotations may be of any text", create(annotated(config_map(), note="ü\n{}")).only("metadata.annotations"))
case("an annotation's value can't be a number", raw("POST", "configmaps", {"metadata": {"name": "a", "annotations": {"x": 1}}}))
case("labels null are absent", create({**config_map(), "metadata": {"name": "a", "labels": None}}))
case("a label null is empty text", create(labelled(config_map(), x=None)).only("metadata.labels"))
case("ownerReferences need a uid", create(thing("ConfigMap", "a", ownerReferences=[{"apiVersion": "v1", "kind": "ConfigMap", "name": "b"}])))
case("ownerReferences have one controller", create(thing("ConfigMap", "a", ownerReferences=[{"apiVersion": "v1", "kind": "ConfigMap", "name": n, "uid": f"{n}1111111-1111-1111-1111-111111111111", "controller": True} for n in "ab"])))
case("a resourceVersion can't be set to 0 by a patch", create(config_map()), merge("configmaps/a", {"metadata": {"resourceVersion": "0"}}))
case("a read of a bad resourceVersion is refused", create(config_map(x="1")), get("configmaps/a", resourceVersion="x"))
case("a whole update with the version just read goes", create(config_map(x="1")), put(lambda h: {**h[0].body, "data": {"x": "2"}}, "configmaps/a").only("data"))
case("two writes from one read: the second is a Conflict", create(config_map(x="1")), put(lambda h: {**h[0].body, "data": {"x": "2"}}, "configmaps/a"), put(lambda h: {**h[0].body, "data": {"x": "3"}}, "configmaps/a"))
case("a delete by the version of the last write goes", create(config_map(x="1")), delete("configmaps/a", lambda h: {"preconditions": {"resourceVersion": answered("metadata", "resourceVersion")(h)}}).quiet())
