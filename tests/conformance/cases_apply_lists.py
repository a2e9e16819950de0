"""Server-side apply on lists: maps by their keys, sets, atomic ones, and keys that have defaults."""

from __future__ import annotations

from tests.conformance.case_steps import (
    Table,
    apply,
    container,
    deployment,
    edit,
    get,
    json_patch,
    pod,
    service,
    strategic,
    thing,
)

# fmt: off
TABLE = case = Table("apply-lists")
OWN = ("spec.template.spec.containers", "metadata.managedFields")
PORTS = ("spec.ports", "metadata.managedFields")


def of(*containers: dict, **spec: object) -> dict:
    return deployment("web", *containers, paused=True, **spec)


def env(*names: str, value: str = "1") -> list[dict]:
    return [{"name": name, "value": value} for name in names]


side = container("side", "side:1")
case("containers are owned by name", apply(of(container(), side)).only("metadata.managedFields"))
case("a container told no longer goes", apply(of(container(), side)), apply(of(container())).only(*OWN))
case("a container another added stays", apply(of(container())), apply(of(side), "two").only(*OWN), apply(of(container())).only(*OWN))
case("a container another changed keeps what it changed", apply(of(container(), side)), *edit("deployments/web", lambda o: o["spec"]["template"]["spec"]["containers"][1].update(image="side:2")), apply(of(container())))
case("the order of containers follows the applier", apply(of(container(), side)), apply(of(side, container())).only("spec.template.spec.containers.*.name"))
case("a new container first", apply(of(container())), apply(of(side, container())).only("spec.template.spec.containers.*.name"))
case("two appliers' containers and their order", apply(of(container("b"), container("d"))), apply(of(container("a"), container("c")), "two"), apply(of(container("d"), container("b"))).only("spec.template.spec.containers.*.name"))
case("a container without a name is refused", apply(of({"image": "app:1"})))
case("two containers of one name are refused", apply(of(container(), container())))
case("two containers of one name by update are refused", apply(of(container())), *edit("deployments/web", lambda o: o["spec"]["template"]["spec"]["containers"].append(container())))
case("another's image by name conflicts and names the key", apply(of(container())), apply(of(container(image="app:2")), "two"))
case("an init container told no longer goes", apply(of(container(), initContainers=[])), apply(deployment("web", container(), paused=True, template={"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container()], "initContainers": [container("init", "init:1")]}})), apply(of(container())).only("spec.template.spec.initContainers"))

case("env is owned by name", apply(of(container(env=env("A", "B")))).only("metadata.managedFields"))
case("an env told no longer goes", apply(of(container(env=env("A", "B")))), apply(of(container(env=env("B")))).only(*OWN))
case("all env told no longer goes", apply(of(container(env=env("A", "B")))), apply(of(container())).only(*OWN))
case("env of two managers", apply(of(container(env=env("A")))), apply(of(container(env=env("B"))), "two").only(*OWN))
case("env from value to valueFrom by its owner", apply(of(container(env=env("A")))), apply(of(container(env=[{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]))).only(*OWN))
case("env from value to valueFrom by another with force", apply(of(container(env=env("A")))), apply(of(container(env=[{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}])), "two", force=True))
case("env of one name twice is refused or kept", apply(of(container(env=env("A") + env("A", value="2")))))
case("env of an empty value", apply(of(container(env=[{"name": "A", "value": ""}]))).only(*OWN))
case("env without a value", apply(of(container(env=[{"name": "A"}]))).only(*OWN))
case("env reordered", apply(of(container(env=env("A", "B", "C")))), apply(of(container(env=env("C", "A", "B")))).only("spec.template.spec.containers.0.env"))
case("env inserted in the middle", apply(of(container(env=env("A", "C")))), apply(of(container(env=env("A", "B", "C")))).only("spec.template.spec.containers.0.env"))
case("an empty list of env", apply(of(container(env=[]))).only(*OWN))

case("ports of containers are owned by port and protocol", apply(of(container(ports=[{"containerPort": 80}, {"containerPort": 80, "protocol": "UDP"}]))).only(*OWN))
case("a protocol told later is the same port", apply(of(container(ports=[{"containerPort": 80}]))), apply(of(container(ports=[{"containerPort": 80, "protocol": "TCP"}]))).only(*OWN))
case("a port told no longer goes", apply(of(container(ports=[{"containerPort": 80}, {"containerPort": 81}]))), apply(of(container(ports=[{"containerPort": 81}]))).only(*OWN))
case("a port that changes its name", apply(of(container(ports=[{"containerPort": 80, "name": "web"}]))), apply(of(container(ports=[{"containerPort": 80, "name": "http"}]))).only(*OWN))
case("one port twice is refused", apply(of(container(ports=[{"containerPort": 80}, {"containerPort": 80, "protocol": "TCP"}]))))
case("ports of services are owned by port and protocol", apply(service("s", {"port": 80, "name": "a"}, {"port": 80, "protocol": "UDP", "name": "b"})).only(*PORTS))
case("a service's port that moves", apply(service("s", {"port": 80, "name": "a"})), apply(service("s", {"port": 81, "name": "a"})).only(*PORTS))
case("a service's port of another manager", apply(service("s", {"port": 80, "name": "a"})), apply(service("s", {"port": 81, "name": "b"}), "two").only(*PORTS))
case("a service's target port of two managers conflicts", apply(service("s", {"port": 80, "targetPort": 8080})), apply(service("s", {"port": 80, "targetPort": "http"}), "two"))

case("command is atomic", apply(of(container(command=["a", "b"]))), apply(of(container(command=["a", "c"]))).only(*OWN))
case("an atomic list of another conflicts as a whole", apply(of(container(command=["a", "b"]))), apply(of(container(command=["a", "b", "c"])), "two"))
case("an atomic list of the same items is shared", apply(of(container(command=["a"]))), apply(of(container(command=["a"])), "two").only(*OWN))
case("an atomic list in another order conflicts", apply(of(container(command=["a", "b"]))), apply(of(container(command=["b", "a"])), "two"))
case("an empty atomic list", apply(of(container(command=[]))).only(*OWN))
case("a selector is atomic", apply(service()), apply(service(selector={"app": "other"}), "two"))
case("a selector's keys told no longer go", apply(service(selector={"app": "web", "tier": "a"})), apply(service(selector={"app": "web"})).only("spec.selector", "metadata.managedFields"))
case("node selectors are atomic maps", apply(pod(nodeSelector={"a": "1"})), apply(pod(nodeSelector={"b": "1"}), "two"))
case("tolerations are atomic", apply(deployment("web", paused=True, template={"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container()], "tolerations": [{"key": "a", "operator": "Exists"}]}})).only("metadata.managedFields"))
case("finalizers are a set", apply(thing("ConfigMap", "a", finalizers=["example.com/a"])), apply(thing("ConfigMap", "a", finalizers=["example.com/b"]), "two").only("metadata.finalizers", "metadata.managedFields"), json_patch("configmaps/a", {"op": "remove", "path": "/metadata/finalizers"}).quiet())
case("one finalizer twice is refused", apply(thing("ConfigMap", "a", finalizers=["example.com/a", "example.com/a"])))
case("a set told in another order", apply(thing("ConfigMap", "a", finalizers=["example.com/a", "example.com/b"])), apply(thing("ConfigMap", "a", finalizers=["example.com/b", "example.com/a"])).only("metadata.finalizers"), json_patch("configmaps/a", {"op": "remove", "path": "/metadata/finalizers"}).quiet())

case("volumes are owned by name", apply(pod("p", volumes=[{"name": "v", "emptyDir": {}}])).only("metadata.managedFields"))
case("a volume's source changes by its owner", apply(of(container())), apply(deployment("web", paused=True, template={"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container()], "volumes": [{"name": "v", "emptyDir": {}}]}})), apply(deployment("web", paused=True, template={"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container()], "volumes": [{"name": "v", "configMap": {"name": "c"}}]}})).only("spec.template.spec.volumes", "metadata.managedFields"))
case("volume mounts are owned by path", apply(of(container(volumeMounts=[]))), apply(deployment("web", paused=True, template={"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container(volumeMounts=[{"name": "v", "mountPath": "/a"}, {"name": "v", "mountPath": "/b"}])], "volumes": [{"name": "v", "emptyDir": {}}]}})).only("metadata.managedFields"))
case("image pull secrets are owned by name", apply(deployment("web", paused=True, template={"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container()], "imagePullSecrets": [{"name": "a"}, {"name": "b"}]}})).only("metadata.managedFields"))
case("rules of a role are atomic", apply({**thing("Role", "r", version="rbac.authorization.k8s.io/v1"), "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}), apply({**thing("Role", "r", version="rbac.authorization.k8s.io/v1"), "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]}, "two"))
case("resources are owned each", apply(of(container(resources={"limits": {"cpu": "1"}, "requests": {"cpu": "500m"}}))), apply(of(container(resources={"limits": {"memory": "1Gi"}})), "two").only(*OWN))
case("a quantity in other words conflicts", apply(of(container(resources={"limits": {"cpu": "1"}}))), apply(of(container(resources={"limits": {"cpu": "1000m"}})), "two"))
case("a quantity in other words by its owner", apply(of(container(resources={"limits": {"cpu": "1000m", "memory": "1024Mi"}}))).only(*OWN))
case("a strategic patch's container is owned by name", apply(of(container())), strategic("deployments/web", {"spec": {"template": {"spec": {"containers": [side]}}}}, fieldManager="editor").only("metadata.managedFields"))
case("a JSON patch's container is owned by name", apply(of(container())), json_patch("deployments/web", {"op": "add", "path": "/spec/template/spec/containers/-", "value": side}, fieldManager="editor").only("metadata.managedFields"))
case("an applier adopts a patcher's container", apply(of(container())), strategic("deployments/web", {"spec": {"template": {"spec": {"containers": [side]}}}}, fieldManager="editor"), apply(of(container(), side)).only(*OWN))
case("host aliases are owned by address", apply(deployment("web", paused=True, template={"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container()], "hostAliases": [{"ip": "127.0.0.2", "hostnames": ["a"]}]}})).only("metadata.managedFields"))
case("topology constraints are owned by two keys", apply(deployment("web", paused=True, template={"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container()], "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "web"}}}]}})).only("metadata.managedFields"))
case("secrets of a service account are owned by name", apply({**thing("ServiceAccount", "b"), "imagePullSecrets": [{"name": "a"}], "secrets": [{"name": "c"}]}).only("metadata.managedFields"))
case("projected sources are atomic", apply(pod("p", volumes=[{"name": "v", "projected": {"sources": [{"configMap": {"name": "c"}}]}}])).only("metadata.managedFields"))
case("rules of an ingress are atomic", apply(thing("Ingress", "i", {"rules": [{"host": "a.example.com", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "s", "port": {"number": 80}}}}]}}]}, "networking.k8s.io/v1")), get("ingresses/i").only("metadata.managedFields", "spec"))
case("access modes of a claim are atomic", apply(thing("PersistentVolumeClaim", "c", {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}})).only("metadata.managedFields", "spec"))
