"""RBAC: what people may do who are no administrators, told by impersonation; and the words of refusals. Logs, too."""

from __future__ import annotations

from tests.conformance.case_steps import (
    Obj,
    Step,
    Table,
    apply,
    config_map,
    container,
    create,
    delete,
    get,
    having,
    merge,
    pod,
    put,
    raw,
    thing,
)

# fmt: off
TABLE = case = Table("rights")
RBAC = "rbac.authorization.k8s.io"
ALICE = "alice-$NS"


def role(*rules: Obj, kind: str = "Role", name: str = "r") -> Step:
    return create({**thing(kind, name, version=f"{RBAC}/v1"), "rules": list(rules)})


def bound(role_kind: str = "Role", name: str = "r", kind: str = "RoleBinding", subject: Obj | None = None) -> Step:
    who = subject or {"kind": "User", "name": ALICE, "apiGroup": RBAC}
    return create({**thing(kind, name, version=f"{RBAC}/v1"), "roleRef": {"kind": role_kind, "name": name, "apiGroup": RBAC}, "subjects": [who]})


def may(verbs: str, resources: str, group: str = "", **more: object) -> Obj:
    return {"apiGroups": [group], "resources": resources.split(), "verbs": verbs.split(), **more}


def as_alice(step: Step, *groups: str) -> Step:
    headers = {"Impersonate-User": ALICE}
    return step.with_headers(**headers, **({"Impersonate-Group": groups[0]} if groups else {}))


def allowed(step: Step) -> Step:
    return as_alice(step).quiet()


READ = [role(may("get list watch", "configmaps")), bound()]
# A binding counts once the server has seen it: the first request that needs it waits.
SEEN = as_alice(get("configmaps")).until(lambda a: a.status == 200).quiet()
REVIEW = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "metadata": {"name": ""}}

case("nobody in particular may not get", as_alice(get("configmaps/a")))
case("nobody in particular may not list", as_alice(get("configmaps")))
case("nobody in particular may not list all", as_alice(get("/api/v1/configmaps")))
case("nobody in particular may not watch", as_alice(get("configmaps", watch="1")))
case("nobody in particular may not create", as_alice(create(config_map())))
case("nobody in particular may not update", as_alice(put(config_map())))
case("nobody in particular may not patch", as_alice(merge("configmaps/a", {})))
case("nobody in particular may not apply", as_alice(apply(config_map())))
case("nobody in particular may not delete", as_alice(delete("configmaps/a")))
case("nobody in particular may not delete many", as_alice(delete("configmaps")))
case("a refusal names the group", as_alice(get("deployments/web")))
case("a refusal names the subresource", as_alice(get("deployments/web/scale")))
case("a refusal of a cluster's object", as_alice(get("namespaces")))
case("a refusal of one cluster's object", as_alice(get("nodes/n")))
case("a refusal comes before what is not there", as_alice(get("/apis/none.example.com/v1/namespaces/$NS/things")))
case("a refusal of a path", as_alice(get("/metrics")))
case("everybody may discover", as_alice(get("/api")).only("kind"))
case("everybody may ask the version", as_alice(get("/version")).only("major"))
case("a reader reads", READ, SEEN, create(config_map(x="1")), as_alice(get("configmaps/a")).only("data"))
case("a reader does not write", READ, SEEN, as_alice(create(config_map())))
case("a reader does not read other kinds", READ, SEEN, as_alice(get("secrets")))
case("a reader of one namespace does not read all", READ, SEEN, as_alice(get("/api/v1/configmaps")))
case("a role for one name", role(may("get", "configmaps", resourceNames=["a"]), may("list", "configmaps")), bound(), SEEN, as_alice(get("configmaps/b")))
case("a role for all verbs", role(may("*", "configmaps")), bound(), SEEN, allowed(create(config_map())), allowed(delete("configmaps/a")), allowed(get("configmaps/a")))
case("a role for all resources of a group", role(may("*", "*")), bound(), SEEN, as_alice(get("deployments")))
case("a role for a subresource alone", role(may("get", "deployments/scale", "apps"), may("list", "configmaps")), bound(), SEEN, as_alice(get("deployments/web/scale")), as_alice(get("deployments/web")))
case("a role for a group", role(may("list", "configmaps")), bound(subject={"kind": "Group", "name": "team-$NS", "apiGroup": RBAC}), as_alice(get("configmaps"), "team-$NS").until(lambda a: a.status == 200).quiet(), as_alice(get("configmaps")))
case("a cluster role in one namespace", role(may("list", "configmaps"), kind="ClusterRole", name="$NS"), bound("ClusterRole", "$NS"), SEEN, as_alice(get("/api/v1/namespaces/default/configmaps")), delete("clusterroles/$NS").quiet())
case("a cluster role everywhere", role(may("list", "configmaps"), kind="ClusterRole", name="$NS"), bound("ClusterRole", "$NS", "ClusterRoleBinding"), SEEN, allowed(get("/api/v1/configmaps", limit=1)), delete("clusterrolebindings/$NS").quiet(), delete("clusterroles/$NS").quiet())
case("a service account's rights", role(may("list", "configmaps")), bound(subject={"kind": "ServiceAccount", "name": "robot", "namespace": "$NS"}), get("configmaps").with_headers(Impersonate_User="system:serviceaccount:$NS:robot").until(lambda a: a.status == 200).quiet(), get("secrets").with_headers(Impersonate_User="system:serviceaccount:$NS:robot"))
case("the view role does not show secrets", bound("ClusterRole", "view"), SEEN, as_alice(get("secrets")))
case("the edit role does not bind", bound("ClusterRole", "edit"), SEEN, allowed(create(config_map("mine"))), as_alice(role(may("get", "pods"))))
case("nobody gives rights that one has not", bound("ClusterRole", "admin"), SEEN, as_alice(role(may("get", "nodes"))))
case("a review of what one may", READ, SEEN, as_alice(create({**REVIEW, "spec": {"resourceAttributes": {"verb": "get", "resource": "configmaps", "namespace": "$NS"}}})).only("status.allowed"))
case("a review of what one may not", READ, SEEN, as_alice(create({**REVIEW, "spec": {"resourceAttributes": {"verb": "delete", "resource": "configmaps", "namespace": "$NS"}}})).only("status.allowed"))
case("a review of a path", as_alice(create({**REVIEW, "spec": {"nonResourceAttributes": {"verb": "get", "path": "/version"}}})).only("status.allowed"))
case("who one is", as_alice(create({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview", "metadata": {"name": ""}})).only("status.userInfo.username", "status.userInfo.groups"))
case("who the impersonated is, with a group", as_alice(create({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview", "metadata": {"name": ""}}), "team").only("status.userInfo.groups"))
case("a group without a user is refused", get("configmaps").with_headers(Impersonate_Group="team").only("code", "reason"))
case("a token of a service account", create(thing("ServiceAccount", "robot")), raw("POST", "serviceaccounts/robot/token", {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}}).only("kind", "spec.expirationSeconds"))

# --- logs
TWO = pod("p", container("a"), container("b"), nodeSelector={"none": "x"})
case("logs of what is not there", get("pods/none/log"))
case("logs of two containers need a name", create(TWO), get("pods/p/log"))
case("logs of a container that is not there", create(TWO), get("pods/p/log", container="c"))
case("logs of no lines at all below nothing", create(TWO), get("pods/p/log", container="a", tailLines=-1))
case("logs since no time", create(TWO), get("pods/p/log", container="a", sinceSeconds=0))
case("logs since a time and seconds", create(TWO), get("pods/p/log", container="a", sinceSeconds=5, sinceTime="2026-01-01T00:00:00Z"))
case("logs of a pod without a node", create(TWO), get("pods/p/log", container="a").quiet())
case("logs of configmaps are none", create(config_map()), get("configmaps/a/log"))
case("logs of a running pod", create(pod("p")), get("pods/p").until(having(status__phase="Running")).quiet(), get("pods/p/log").quiet())
