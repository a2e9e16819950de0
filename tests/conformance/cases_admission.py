"""Admission and subresources: quotas, limit ranges, scales, evictions, bindings, tokens, reviews, namespaces; what is refused and
what is warned of."""

from __future__ import annotations

from tests.conformance.case_steps import (
    MERGE,
    Step,
    Table,
    annotated,
    apply,
    config_map,
    container,
    create,
    delete,
    deployment,
    get,
    gone,
    having,
    json_patch,
    labelled,
    merge,
    place,
    pod,
    put,
    raw,
    service,
    strategic,
    template,
    thing,
)

# fmt: off
TABLE = case = Table("admission")
NSP="/api/v1/namespaces/$NS"
RB="rbac.authorization.k8s.io"
def quota(**hard): return thing("ResourceQuota","q",{"hard":hard})
def over(obj,words="exceeded quota"):
    """Once it is refused without being written: a server hears of a quota a while after it was made, and nothing else makes what these count."""
    return create(obj,dryRun="All").until(lambda a:words in str(a.body.get("message"))).quiet()
LR=create(thing("LimitRange","l",{"limits":[{"type":"Container","default":{"cpu":"500m"},"defaultRequest":{"cpu":"100m"},"max":{"cpu":"1"},"min":{"cpu":"50m"}}]}))
def ev(name="p",**m): return {"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":name,"namespace":"$NS"},**m}
def bind(node="n1"): return {"apiVersion":"v1","kind":"Binding","metadata":{"name":"p"},"target":{"apiVersion":"v1","kind":"Node","name":node}}
def tok(**s): return {"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":s}
def sar(**a): return {"apiVersion":"authorization.k8s.io/v1","kind":"SubjectAccessReview","spec":a}
RA={"resourceAttributes":{"verb":"get","resource":"pods","namespace":"$NS"}}

GREEDY=pod("p",container(resources={"requests":{"cpu":"2"}}))
case("more than a quota allows is refused", create(quota(services="0")),over(service()),create(service()))
case("more than a quota allows is refused on dry run", create(quota(services="0")),over(service()),create(service(),dryRun="All"))
case("under a quota of CPU a pod says its requests", create(quota(**{"requests.cpu":"1"})),over(pod(),"must specify"),create(pod()))
case("a pod that asks for more than a quota is refused", create(quota(**{"requests.cpu":"1"})),over(GREEDY),create(GREEDY))
case("a quota of deployments", create(quota(**{"count/deployments.apps":"0"})),over(deployment(paused=True)),create(deployment(paused=True)))
case("a quota counts what is used", create(quota(pods="3",services="5")),get("resourcequotas/q").until(lambda a:bool((a.body.get("status") or {}).get("used"))).only("status","spec"))
case("a quota below nothing is refused", create(quota(pods="-1")))
case("a quota of nothing known is refused", create(quota(foo="1")))
case("a limit range fills in", LR, create(pod()).only("spec.containers.0.resources","metadata.annotations"))
case("more than a limit range allows is refused", LR, create(pod("p",container(resources={"limits":{"cpu":"2"}}))))
case("less than a limit range asks is refused", LR, create(pod("p",container(resources={"requests":{"cpu":"10m"}}))))
case("a claim of more than a limit range allows is refused", create(thing("LimitRange","l",{"limits":[{"type":"PersistentVolumeClaim","max":{"storage":"1Gi"}}]})), create(thing("PersistentVolumeClaim","c",{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"2Gi"}}})))
case("a limit range's default beyond its maximum is refused", create(thing("LimitRange","l",{"limits":[{"type":"Container","default":{"cpu":"1"},"max":{"cpu":"500m"}}]})))
case("a limit range has defaults", LR, get("limitranges/l").shown())
case("a scale is read", create(deployment(paused=True,replicas=2)), get("deployments/web/scale").shown())
case("a scale is written", create(deployment(paused=True)), Step("PUT",place("deployments/web/scale"),{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"web","namespace":"$NS"},"spec":{"replicas":3}}).shown())
case("a scale below nothing is refused", create(deployment(paused=True)), Step("PUT",place("deployments/web/scale"),{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"web","namespace":"$NS"},"spec":{"replicas":-3}}))
case("a scale with an old version is a Conflict", create(deployment(paused=True)), Step("PUT",place("deployments/web/scale"),{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"web","namespace":"$NS","resourceVersion":"1"},"spec":{"replicas":3}}))
case("a scale of another kind is refused", create(deployment(paused=True)), Step("PUT",place("deployments/web/scale"),{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":3}}))
case("a scale of another name is refused", create(deployment(paused=True)), Step("PUT",place("deployments/web/scale"),{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"x"},"spec":{"replicas":3}}))
case("a scale takes a JSON patch", create(deployment(paused=True)), json_patch("deployments/web/scale",{"op":"replace","path":"/spec/replicas","value":4}).shown())
case("a scale takes a strategic patch", create(deployment(paused=True)), strategic("deployments/web/scale",{"spec":{"replicas":4}}).only("spec"))
case("no scale of what is not there", get("deployments/none/scale"))
case("a configmap has no scale", create(config_map()), get("configmaps/a/scale"))
case("a statefulset has a scale", create(thing("StatefulSet","db",{"serviceName":"db","replicas":0,"selector":{"matchLabels":{"app":"db"}},"template":{"metadata":{"labels":{"app":"db"}},"spec":{"containers":[container()]}}},"apps/v1")),get("statefulsets/db/scale").only("kind","spec","status.selector"))
case("a daemonset has none", get("daemonsets/x/scale"))
case("a scale can't be deleted", create(deployment(paused=True)), delete("deployments/web/scale"))
case("a scale can't be created", create(deployment(paused=True)), raw("POST","deployments/web/scale",{}))
case("a scale on dry run stores nothing", create(deployment(paused=True)), merge("deployments/web/scale",{"spec":{"replicas":4}},dryRun="All").only("spec"), get("deployments/web").only("spec.replicas"))
case("a status is read", create(deployment(paused=True,replicas=0)), get("deployments/web/status").only("kind","spec.replicas"))
case("a configmap has no status", create(config_map()), merge("configmaps/a/status",{}))
case("a status is applied with force", create(thing("PodDisruptionBudget","b",{"minAvailable":1,"selector":{"matchLabels":{"a":"b"}}},"policy/v1")), apply({**thing("PodDisruptionBudget","b",version="policy/v1"),"status":{"observedGeneration":5,"disruptionsAllowed":2,"currentHealthy":1,"desiredHealthy":1,"expectedPods":1}},"m","poddisruptionbudgets/b/status",force=True).only("status.disruptionsAllowed"))
case("a namespace's status is written", merge("namespaces/$NS/status",{"status":{"conditions":[{"type":"X","status":"True"}]}}).quiet())
case("an eviction answers a status", create(pod(nodeSelector={"n":"x"})), raw("POST","pods/p/eviction",ev()).shown(), get("pods/p").until(gone).quiet())
case("an eviction of nothing", raw("POST","pods/none/eviction",ev("none")))
case("an eviction of another name is refused", create(pod(nodeSelector={"n":"x"})), raw("POST","pods/p/eviction",ev("q")))
case("an eviction on dry run keeps the pod", create(pod(nodeSelector={"n":"x"})), raw("POST","pods/p/eviction",ev(deleteOptions={"dryRun":["All"]})).shown(), get("pods/p").quiet())
case("an eviction on dry run by the query keeps it too", create(pod(nodeSelector={"n":"x"})), raw("POST","pods/p/eviction",ev(),dryRun="All").shown(), get("pods/p").quiet())
case("an eviction of another kind is refused", create(pod(nodeSelector={"n":"x"})), raw("POST","pods/p/eviction",config_map()))
case("an eviction of no body is refused", create(pod(nodeSelector={"n":"x"})), raw("POST","pods/p/eviction",b""))
case("an eviction is not read", create(pod(nodeSelector={"n":"x"})), get("pods/p/eviction"))
case("an eviction of another uid is a Conflict", create(pod(nodeSelector={"n":"x"})), raw("POST","pods/p/eviction",ev(deleteOptions={"preconditions":{"uid":"11111111-1111-1111-1111-111111111111"}})))
case("an eviction that a budget forbids", create(thing("PodDisruptionBudget","b",{"minAvailable":1,"selector":{"matchLabels":{"a":"b"}}},"policy/v1")), create(labelled(pod(),a="b")), get("pods/p").until(having(status__phase="Running")).quiet(), get("poddisruptionbudgets/b").until(lambda a:a.body.get("status",{}).get("currentHealthy")==1).quiet(), raw("POST","pods/p/eviction",ev()))
case("a binding puts a pod on a node", create(pod(schedulerName="none")), raw("POST","pods/p/binding",bind()).shown(), get("pods/p").only("spec.nodeName"))
case("a pod is bound once", create(pod(schedulerName="none")), raw("POST","pods/p/binding",bind()), raw("POST","pods/p/binding",bind("n2")))
case("a binding of nothing", raw("POST","pods/none/binding",{**bind(),"metadata":{"name":"none"}}))
case("a binding to nothing is refused", create(pod(schedulerName="none")), raw("POST","pods/p/binding",{"apiVersion":"v1","kind":"Binding","metadata":{"name":"p"}}))
case("bindings are made by themselves", create(pod(schedulerName="none")), Step("POST",NSP+"/bindings",bind()).shown())
case("a token of seconds is refused", raw("POST","serviceaccounts/default/token",tok(expirationSeconds=10)))
case("a token lives an hour", create(thing("ServiceAccount","r")), raw("POST","serviceaccounts/r/token",tok()).only("kind","spec","apiVersion"))
case("a token has its audience", create(thing("ServiceAccount","r")), raw("POST","serviceaccounts/r/token",tok(audiences=["x"],expirationSeconds=600)).only("spec"))
case("a token of nobody", raw("POST","serviceaccounts/none/token",tok()))
case("a token bound to no pod", create(thing("ServiceAccount","r")), raw("POST","serviceaccounts/r/token",tok(boundObjectRef={"kind":"Pod","apiVersion":"v1","name":"x"})))
case("a token of another kind is refused", create(thing("ServiceAccount","r")), raw("POST","serviceaccounts/r/token",config_map()))
case("a token for a time that is no number is refused", create(thing("ServiceAccount","r")), raw("POST","serviceaccounts/r/token",tok(expirationSeconds="abc")))
case("a token request whose spec is a word is refused", create(thing("ServiceAccount","r")), raw("POST","serviceaccounts/r/token",{**tok(),"spec":"x"}))
case("a token of centuries is refused", create(thing("ServiceAccount","r")), raw("POST","serviceaccounts/r/token",tok(expirationSeconds=2**33)).only("code","reason","message"))
case("a token is not read", create(thing("ServiceAccount","r")), get("serviceaccounts/r/token"))
case("an ephemeral container gets its defaults", create(pod(nodeSelector={"n":"x"})), strategic("pods/p/ephemeralcontainers",{"spec":{"ephemeralContainers":[{"name":"d","image":"busybox"}]}}).only("spec.ephemeralContainers"))
case("a pod's resources are changed by resize", create(pod("p",container(resources={"requests":{"cpu":"1"}}),nodeSelector={"n":"x"})), strategic("pods/p/resize",{"spec":{"containers":[{"name":"app","resources":{"requests":{"cpu":"2"}}}]}}).only("spec.containers.0.resources"))
case("somebody else's rights", Step("POST","/apis/authorization.k8s.io/v1/subjectaccessreviews",sar(user="bob",**RA)).only("status","kind"))
case("the rights of nobody are refused", Step("POST","/apis/authorization.k8s.io/v1/subjectaccessreviews",sar(**RA)))
case("the rights of a group", Step("POST","/apis/authorization.k8s.io/v1/subjectaccessreviews",sar(groups=["system:masters"],**RA)).only("status.allowed"))
case("rights in a namespace", Step("POST","/apis/authorization.k8s.io/v1/namespaces/$NS/localsubjectaccessreviews",{**sar(user="bob",**RA),"kind":"LocalSubjectAccessReview","metadata":{"namespace":"$NS"}}).only("status","kind"))
case("rights in another namespace are refused", Step("POST","/apis/authorization.k8s.io/v1/namespaces/$NS/localsubjectaccessreviews",{**sar(user="bob",resourceAttributes={"verb":"get","resource":"pods","namespace":"other"}),"kind":"LocalSubjectAccessReview","metadata":{"namespace":"$NS"}}))
case("a review without metadata", Step("POST","/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",{"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview","spec":RA}).shown())
case("rights to a path", Step("POST","/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",{"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview","spec":{"nonResourceAttributes":{"verb":"get","path":"/metrics"}}}).only("status.allowed"))
case("a review's unknown field is refused with Strict", Step("POST","/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",{"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview","spec":{**RA,"foo":1}},{"fieldValidation":"Strict"}))
case("rules in no namespace are refused", Step("POST","/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",{"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectRulesReview","spec":{}}))
case("a token that is nobody's", Step("POST","/apis/authentication.k8s.io/v1/tokenreviews",{"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","spec":{"token":"nope"}}).shown())
case("no token is refused", Step("POST","/apis/authentication.k8s.io/v1/tokenreviews",{"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","spec":{}}))
case("who one is has a time", Step("POST","/apis/authentication.k8s.io/v1/selfsubjectreviews",{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}).only("kind","metadata"))
case("reviews are not listed", get("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"))
case("a review on dry run", Step("POST","/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",{"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview","spec":RA},{"dryRun":"All"}).only("status.allowed"))
case("the default namespace stays", delete("namespaces/default"))
case("the system's namespace stays", delete("namespaces/kube-system"))
case("a namespace's finalizers can't be patched", merge("namespaces/$NS",{"spec":{"finalizers":[]}}).only("spec"))
case("a namespace with finalizers of its own", Step("POST","/api/v1/namespaces",{"metadata":{"name":"g-$NS"},"spec":{"finalizers":["example.com/x"]}}).only("spec","status"), Step("PUT","/api/v1/namespaces/g-$NS/finalize",{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"g-$NS"},"spec":{"finalizers":["kubernetes"]}}).only("spec"), delete("namespaces/g-$NS").quiet())
case("a namespace's delete answers it", Step("POST","/api/v1/namespaces",{"metadata":{"name":"h-$NS"}}), delete("namespaces/h-$NS").only("status.phase","kind","metadata.deletionTimestamp"))
case("a namespace deleted twice, and nothing new in it", Step("POST","/api/v1/namespaces",{"metadata":{"name":"k-$NS"}}), Step("POST","/api/v1/namespaces/k-$NS/configmaps",{"metadata":{"name":"a","finalizers":["example.com/x"]}}), delete("namespaces/k-$NS").quiet(), delete("namespaces/k-$NS").only("status.phase","kind","reason","code","message"), Step("POST","/api/v1/namespaces/k-$NS/configmaps",{"metadata":{"name":"b"}}), Step("PATCH","/api/v1/namespaces/k-$NS/configmaps/a",{"metadata":{"finalizers":None}},{}, {"Content-Type":MERGE}).quiet())
case("a cluster's kind in a namespace", get("/api/v1/namespaces/$NS/nodes"))
case("a namespace's kind in no namespace", raw("POST","/api/v1/configmaps",config_map()))
case("a namespace's object in no namespace", get("/api/v1/configmaps/a"))
case("a cluster's role in a namespace", get("/apis/rbac.authorization.k8s.io/v1/namespaces/$NS/clusterroles"))
case("an empty version is none", create(config_map(x="1")), put({**config_map(x="2"),"metadata":{"name":"a","resourceVersion":""}}).only("data"))
case("an update makes a lease", put({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"l"},"spec":{"holderIdentity":"x"}}).only("spec"))
case("an update makes no configmap", put(config_map(x="1"),dryRun="All"))
case("an update makes an event", put({"apiVersion":"v1","kind":"Event","metadata":{"name":"e","namespace":"$NS"},"involvedObject":{"kind":"Pod","name":"p","namespace":"$NS"},"reason":"x"}).quiet())
case("an event of another namespace is refused", create({"apiVersion":"v1","kind":"Event","metadata":{"name":"e"},"involvedObject":{"kind":"Pod","name":"p","namespace":"other"},"reason":"x"}))
case("an event of no namespace is refused", create({"apiVersion":"v1","kind":"Event","metadata":{"name":"e"},"involvedObject":{"kind":"Pod","name":"p"},"reason":"x"}).quiet())
case("endpoints are deprecated", get("endpoints").only("kind"))
case("component statuses are deprecated", get("/api/v1/componentstatuses").only("kind","apiVersion"))
case("a node port out of range is refused", create(service("s",{"port":80,"nodePort":80},type="NodePort")))
case("a node port of a cluster's address is refused", create(service("s",{"port":80,"nodePort":31234})))
case("an external policy of a cluster's address is refused", create(service("s",{"port":80},externalTrafficPolicy="Local")))
case("a node port goes with its type", create(service("s",{"port":80},type="NodePort")), merge("services/s",{"spec":{"type":"ClusterIP"}}).only("spec"))
case("a service becomes a name", create(service()), merge("services/s",{"spec":{"type":"ExternalName","externalName":"x.example.com"}}).only("spec"))
case("a name of nothing is refused", create(service("s",{"port":80},type="ExternalName")))
case("two families are refused", create(service("s",{"port":80},ipFamilyPolicy="RequireDualStack")))
case("a load balancer's source that is none is refused", create(service("s",{"port":80},type="LoadBalancer",loadBalancerSourceRanges=["x"])))
case("a node port that is taken is refused", create(service("s",{"port":80,"nodePort":31777},type="NodePort")), create(service("t",{"port":80,"nodePort":31777},type="NodePort")), delete("services/s").quiet())
case("an address that is taken is refused", create(service("s")), create(lambda h: 0) if 0 else Step("POST",place("services"),lambda h:{**service("t"),"spec":{**service("t")["spec"],"clusterIP":h[0].body["spec"]["clusterIP"]}}).only("code","reason"))
case("what a statefulset can't change", create(thing("StatefulSet","db",{"serviceName":"db","replicas":0,"selector":{"matchLabels":{"app":"db"}},"template":{"metadata":{"labels":{"app":"db"}},"spec":{"containers":[container()]}}},"apps/v1")),merge("statefulsets/db",{"spec":{"podManagementPolicy":"Parallel","replicas":0}}))
case("a daemonset's selector is immutable", create(thing("DaemonSet","agent",{"selector":{"matchLabels":{"app":"x"}},"template":{"metadata":{"labels":{"app":"x"}},"spec":{"nodeSelector":{"n":"x"},"containers":[container()]}}},"apps/v1")),merge("daemonsets/agent",{"spec":{"selector":{"matchLabels":{"app":"y"}},"template":{"metadata":{"labels":{"app":"y"}}}}}))
case("a job's completions are immutable", create(thing("Job","j",{"suspend":True,"template":{"spec":{"containers":[container()],"restartPolicy":"Never"}}},"batch/v1")), merge("jobs/j",{"spec":{"completions":5}}))
case("a priority can't change", create({**thing("PriorityClass","p-$NS",version="scheduling.k8s.io/v1"),"value":5}), merge("priorityclasses/p-$NS",{"value":6}), delete("priorityclasses/p-$NS").quiet())
case("a volume's defaults", create(thing("PersistentVolume","pv-$NS",{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"],"hostPath":{"path":"/x"}})).shown(), delete("persistentvolumes/pv-$NS").quiet())
case("a volume of no source is refused", create(thing("PersistentVolume","pv-$NS",{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"]})))
case("a binding's subjects may change", create({**thing("RoleBinding","b",version=RB+"/v1"),"roleRef":{"kind":"Role","name":"r","apiGroup":RB}}), merge("rolebindings/b",{"subjects":[{"kind":"User","name":"x"}]}).only("subjects"))
case("a cluster's binding to a role is refused", create({**thing("ClusterRoleBinding","b-$NS",version=RB+"/v1"),"roleRef":{"kind":"Role","name":"r","apiGroup":RB}}))
case("an aggregated role", create({**thing("ClusterRole","c-$NS",version=RB+"/v1"),"aggregationRule":{"clusterRoleSelectors":[{"matchLabels":{"a":"b-$NS"}}]},"rules":[]}).only("aggregationRule","rules"), delete("clusterroles/c-$NS").quiet())
case("a policy's port out of range is refused", create(thing("NetworkPolicy","n",{"podSelector":{},"ingress":[{"ports":[{"port":99999}]}]},"networking.k8s.io/v1")))
case("a policy's network that is none is refused", create(thing("NetworkPolicy","n",{"podSelector":{},"ingress":[{"from":[{"ipBlock":{"cidr":"x"}}]}]},"networking.k8s.io/v1")))
case("an ingress of a backend alone", create(thing("Ingress","i",{"defaultBackend":{"service":{"name":"s","port":{"number":80}}}},"networking.k8s.io/v1")).only("spec"))
case("an ingress's host that is none is refused", create(thing("Ingress","i",{"rules":[{"host":"A B"}]},"networking.k8s.io/v1")))
case("a time zone that is none is refused", create(thing("CronJob","c",{"schedule":"* * * * *","timeZone":"Mars/X","jobTemplate":{"spec":{"template":{"spec":{"containers":[container()],"restartPolicy":"Never"}}}}},"batch/v1")))
case("a time zone in a schedule is refused", create(thing("CronJob","c",{"schedule":"TZ=UTC * * * * *","jobTemplate":{"spec":{"template":{"spec":{"containers":[container()],"restartPolicy":"Never"}}}}},"batch/v1")))
case("a cronjob's name of 53 letters is refused", create(thing("CronJob","c"*53,{"schedule":"* * * * *","jobTemplate":{"spec":{"template":{"spec":{"containers":[container()],"restartPolicy":"Never"}}}}},"batch/v1")))
case("an autoscaler of version 1", Step("POST","/apis/autoscaling/v1/namespaces/$NS/horizontalpodautoscalers",{"metadata":{"name":"h"},"spec":{"maxReplicas":3,"targetCPUUtilizationPercentage":50,"scaleTargetRef":{"kind":"Deployment","name":"x","apiVersion":"apps/v1"}}}).only("spec","apiVersion"), get("horizontalpodautoscalers/h").only("spec"))
case("a history below nothing is refused", create(deployment(revisionHistoryLimit=-1)))
case("a deadline before readiness is refused", create(deployment(progressDeadlineSeconds=5,minReadySeconds=10)))
case("an unknown DNS policy is refused", create(pod(dnsPolicy="Foo")))
case("a priority class that is none is refused", create(pod(priorityClassName="none")))
case("an account that is none is refused", create(pod(serviceAccountName="none")))
case("an env twice is a warning", create(pod("p",container(env=[{"name":"A","value":"1"},{"name":"A","value":"2"}]),nodeSelector={"n":"x"})).only("spec.containers.0.env"))
case("an env twice in a template is a warning", create(deployment("web",container(env=[{"name":"A","value":"1"},{"name":"A","value":"2"}]),paused=True)).only("kind"))
case("a port twice in a template is a warning", create(deployment("web",container(ports=[{"containerPort":80,"name":"a"},{"containerPort":80,"name":"b"}]),paused=True)).only("kind"))
case("an annotation of no effect is a warning", create(annotated(pod(nodeSelector={"n":"x"}),**{"scheduler.alpha.kubernetes.io/critical-pod":""})).only("kind"))
case("a deprecated label of nodes is a warning", create(deployment(template=template(nodeSelector={"beta.kubernetes.io/os":"linux"}),paused=True)).only("kind"))
case("an unknown affinity is refused", create(service("s",{"port":80},sessionAffinity="X")))
case("a certificate that is none is a warning", create({**thing("Secret","t"),"type":"kubernetes.io/tls","data":{"tls.crt":"","tls.key":""}}).only("data"))
case("a login of nothing is refused", create({**thing("Secret","t"),"type":"kubernetes.io/basic-auth"}))
case("a key of nothing is refused", create({**thing("Secret","t"),"type":"kubernetes.io/ssh-auth"}))
case("a token of no account is refused", create({**thing("Secret","t"),"type":"kubernetes.io/service-account-token"}))
case("what is immutable stays so", create({**thing("Secret","t"),"immutable":True}), merge("secrets/t",{"immutable":False}))
case("an immutable configmap's labels may change", create({**config_map(x="1"),"immutable":True}), merge("configmaps/a",{"metadata":{"labels":{"a":"b"}}}).only("metadata.labels"))
case("a budget of more than all is refused", create(thing("PodDisruptionBudget","b",{"minAvailable":"120%"},"policy/v1")))
case("a lease of transitions below nothing is refused", create(thing("Lease","l",{"leaseTransitions":-1},"coordination.k8s.io/v1")))
case("a replication controller's defaults", create(thing("ReplicationController","rc",{"replicas":0,"selector":{"a":"b"},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[container()]}}}),"replicationcontrollers").shown())
case("a pod template's defaults", create({"apiVersion":"v1","kind":"PodTemplate","metadata":{"name":"t"},"template":{"spec":{"containers":[container()]}}},"podtemplates").shown())
case("a webhook's defaults", Step("POST","/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",{"metadata":{"name":"w-$NS"},"webhooks":[{"name":"a.example.com","sideEffects":"None","admissionReviewVersions":["v1"],"clientConfig":{"url":"https://x.example.com"},"rules":[]}]}).shown(), delete("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/w-$NS").quiet())
case("signing requests are listed", get("/apis/certificates.k8s.io/v1/certificatesigningrequests").only("kind"))
case("flow schemas are listed", get("/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas").only("kind"))


def bare(name: str, **spec: object) -> None:
    case(f"a pod of {name} is refused", raw("POST", "pods", pod(**spec)))


def contained(name: str, **of: object) -> None:
    case(f"a pod of {name} is refused", raw("POST", "pods", pod("p", container(**of))))


contained("privileged without escalation", securityContext={"privileged":True,"allowPrivilegeEscalation":False})
case("a pod of a host's port that differs is refused", raw("POST","pods",pod("p",container(ports=[{"containerPort":80,"hostPort":81}]),hostNetwork=True)))
bare("a toleration of nothing", tolerations=[{"operator":"Foo"}])
bare("an unknown toleration", tolerations=[{"key":"a","operator":"Foo"}])
bare("a toleration of all with a value", tolerations=[{"key":"a","operator":"Exists","value":"x"}])
bare("an unknown effect", tolerations=[{"key":"a","effect":"Foo"}])
bare("seconds of an effect that has none", tolerations=[{"key":"a","effect":"NoSchedule","tolerationSeconds":3}])
bare("an affinity of no terms", affinity={"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[]}}})
bare("an affinity of no values", affinity={"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"a","operator":"In"}]}]}}})
bare("an affinity of no topology", affinity={"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"labelSelector":{}}]}})
bare("an affinity of no weight", affinity={"podAntiAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"weight":0,"podAffinityTerm":{"topologyKey":"a"}}]}})
contained("a hook of nothing", lifecycle={"preStop":{}})
contained("a hook of no command", lifecycle={"preStop":{"exec":{"command":[]}}})
bare("a bad hostname", hostname="A_B")
bare("a bad subdomain", subdomain="A_B")
bare("a bad node", nodeName="A_B")
bare("no time at all", activeDeadlineSeconds=0)
bare("a bad spread", topologySpreadConstraints=[{"maxSkew":0,"topologyKey":"","whenUnsatisfiable":"Foo"}])
bare("a bad alias", hostAliases=[{"ip":"x","hostnames":["A_"]}])
bare("no such priority class", priorityClassName="A_B")
bare("a priority of its own", priority=5)
bare("no such runtime", runtimeClassName="none")
bare("a user below nothing", securityContext={"runAsUser":-1})
bare("a group below nothing", securityContext={"fsGroup":-1})
bare("a bad sysctl", securityContext={"sysctls":[{"name":"A B","value":"1"}]})
contained("an image with spaces", image=" x ")
contained("an unknown message policy", terminationMessagePolicy="Foo")
contained("a device of nothing", volumeDevices=[{"name":"x","devicePath":""}])
contained("a container's user below nothing", securityContext={"runAsUser":-5})
bare("processes shared twice", shareProcessNamespace=True,hostPID=True)
bare("DNS of nothing", dnsPolicy="None")
bare("too many name servers", dnsConfig={"nameservers":["x","1.1.1.1","1.1.1.2","1.1.1.3"]})
bare("a bad gate", readinessGates=[{"conditionType":"a b"}])
bare("a bad account", serviceAccountName="A_B")
bare("an unknown system", os={"name":"beos"})
bare("a name twice", initContainers=[container("app")])
bare("an ephemeral container", ephemeralContainers=[{"name":"d","image":"x"}])
