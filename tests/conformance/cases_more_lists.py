"""Deletes of many, generated names, metadata, and the odder ends of lists, watches and selectors."""

from __future__ import annotations

from tests.conformance.case_steps import TABLE as AST
from tests.conformance.case_steps import (
    Step,
    Table,
    answered,
    config_map,
    create,
    delete,
    deployment,
    get,
    gone,
    labelled,
    merge,
    pod,
    raw,
    thing,
    watch,
)

# fmt: off
TABLE = case = Table("more-lists")
S = [create(labelled(config_map(n, x=n), t="1")) for n in "abc"]
M = {"labelSelector": "t"}
N = ("items.*.metadata.name",)
NOT_THE_ROOT = "metadata.name!=kube-root-ca.crt"

case("deletecollection of another uid is a Conflict", S, delete("configmaps",{"preconditions":{"uid":"11111111-1111-1111-1111-111111111111"}},labelSelector="t"), get("configmaps",**M).only(*N))
case("deletecollection of another version is a Conflict", S, delete("configmaps",{"preconditions":{"resourceVersion":"1"}},labelSelector="t"))
case("deletecollection on dry run keeps all", S, delete("configmaps",dryRun="All",labelSelector="t").quiet(), get("configmaps",**M).only(*N))
case("deletecollection knows a limit", S, delete("configmaps",labelSelector="t",limit=1).only(*N), get("configmaps",**M).only(*N))
case("deletecollection with an unknown policy is refused", S, delete("configmaps",{"propagationPolicy":"X"},labelSelector="t"))
case("deletecollection of nothing is an empty list", delete("configmaps",labelSelector="nothing"))
case("deletecollection of a bad label selector is refused", delete("configmaps",labelSelector="a in ("))
case("deletecollection of a bad field selector is refused", delete("configmaps",fieldSelector="data.x=1"))
case("deletecollection marks what has a finalizer", create(thing("ConfigMap","a",labels={"t":"1"},finalizers=["example.com/x"])), delete("configmaps",labelSelector="t").quiet(), get("configmaps/a").only("metadata.finalizers","metadata.deletionGracePeriodSeconds"), merge("configmaps/a",{"metadata":{"finalizers":None}}).quiet())
case("deletecollection of pods at once", create(labelled(pod(nodeSelector={"n":"x"}),t="1")), delete("pods",{"gracePeriodSeconds":0},labelSelector="t").quiet(), get("pods/p").until(gone).quiet())
case("deletecollection is answered by a table", S, delete("configmaps",labelSelector="t").with_headers(Accept=AST).quiet())
case("a name goes before a generated one", create({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","generateName":"b-"}}, "configmaps").shown())
case("neither name nor generated name is refused", create({"apiVersion":"v1","kind":"ConfigMap","metadata":{}}, "configmaps"))
case("a generated name of 300 letters is refused", create({"apiVersion":"v1","kind":"ConfigMap","metadata":{"generateName":"a"*300}}, "configmaps").quiet())
case("a generated name on dry run", create({"apiVersion":"v1","kind":"ConfigMap","metadata":{"generateName":"b-"}}, "configmaps",dryRun="All").only("metadata.generateName"))
case("a service's generated name of 80 letters is refused", create({"apiVersion":"v1","kind":"Service","metadata":{"generateName":"a"*80},"spec":{"ports":[{"port":80}]}}, "services").quiet())
case("a deployment's generated name", create({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"generateName":"b-"},"spec":deployment()["spec"]}, "deployments").only("metadata.generateName"))
case("generateName can be changed", create(config_map()), merge("configmaps/a",{"metadata":{"generateName":"b-"}}).only("metadata.generateName"))
case("a uid can't be patched", create(config_map()), merge("configmaps/a",{"metadata":{"uid":"x"}}))
case("a time of deletion can't be patched", create(config_map()), merge("configmaps/a",{"metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z"}}).only("metadata.deletionTimestamp"))
case("a time of deletion can't be created", create(thing("ConfigMap","a",deletionTimestamp="2026-01-01T00:00:00Z",deletionGracePeriodSeconds=3)))
case("what is created has no resourceVersion", create(thing("ConfigMap","a",resourceVersion="5")))
case("a generation of one's own is passed over", create({**deployment(),"metadata":{"name":"web","generation":7}}).only("metadata.generation"))
case("a selfLink of one's own is passed over", create(thing("ConfigMap","a",selfLink="/x")).only("metadata.selfLink"))
case("a time that is none is refused", raw("POST","configmaps",{"metadata":{"name":"a","creationTimestamp":"yesterday"}}))
case("managedFields of an unknown operation", create(thing("ConfigMap","a",managedFields=[{"manager":"x","operation":"Foo","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{}}])))
case("managedFields of an unknown type", create(thing("ConfigMap","a",managedFields=[{"manager":"x","operation":"Apply","apiVersion":"v1","fieldsType":"FieldsV9","fieldsV1":{}}])))
case("an owner of nothing is refused", create(thing("ConfigMap","a",ownerReferences=[{"apiVersion":"","kind":"","name":"","uid":""}])))
case("an event owns nothing", create(thing("ConfigMap","a",ownerReferences=[{"apiVersion":"v1","kind":"Event","name":"e","uid":"e"}])))
case("both finalizers of propagation are refused", create(thing("ConfigMap","a",finalizers=["orphan","foregroundDeletion"])))
case("a finalizer with spaces is refused", create(thing("ConfigMap","a",finalizers=["Example.com/X_Y z"])))
case("an owner twice is one, with a warning", create(thing("ConfigMap","a",ownerReferences=[{"apiVersion":"v1","kind":"ConfigMap","name":"b","uid":"u1"}]*2)).shown())
case("an owner may block", create(thing("ConfigMap","a",ownerReferences=[{"apiVersion":"v1","kind":"ConfigMap","name":"b","uid":"u1","blockOwnerDeletion":True}])).only("metadata.ownerReferences"))
case("a limit of nothing is none", S, get("configmaps",limit=0,**M).only(*N))
case("a list goes on and counts what remains", [create(thing("Secret",n)) for n in "abcd"], get("secrets",limit=3).only(*N,"metadata.remainingItemCount"), get("secrets",**{"continue":answered("metadata","continue",of=4)}).only(*N,"metadata"))
case("a token of no version is refused", get("configmaps",**{"continue":"e30K"}))
case("a token of version 0 is refused", get("configmaps",**{"continue":"eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MCwic3RhcnQiOiJhIn0"}))
case("a limit at version 0 is passed over", S, get("configmaps",resourceVersion="0",limit=1,**M).until(lambda a:len(a.body.get("items") or [])==3).only(*N))
case("a token and an exact version are refused", S, get("configmaps",limit=1,**M), get("configmaps",resourceVersionMatch="Exact",resourceVersion="1",**{"continue":answered("metadata","continue",of=3)}))
case("a get of a version not there yet times out", create(config_map()), get("configmaps/a",resourceVersion="99999999").only("code","reason"))
case("a list's time that is no number is refused", get("configmaps",timeoutSeconds="x"))
case("a watch's time that is no number is refused", watch("configmaps",1,timeoutSeconds="x"))
case("a watch from a version not there yet waits", watch("configmaps",1,resourceVersion="99999999",timeoutSeconds=1))
case("a watch has no limit", S, watch("configmaps",3,labelSelector="t",limit=1,timeoutSeconds=1).only("*.type"))
case("a watch of version 0 tells what is there", S, watch("configmaps",3,labelSelector="t",resourceVersion="0",timeoutSeconds=2).only("*.type"))
case("a match without initial events is refused", watch("configmaps",1,resourceVersionMatch="NotOlderThan",resourceVersion="1",timeoutSeconds=1))
case("initial events of an exact version are refused", watch("configmaps",1,resourceVersionMatch="Exact",sendInitialEvents="true",allowWatchBookmarks="true"))
case("initial events of nonsense", watch("configmaps",1,sendInitialEvents="x"))
case("a watch of a bad label selector is refused", watch("configmaps",1,labelSelector="a in ("))
case("a watch of a bad field selector is refused", watch("configmaps",1,fieldSelector="data.x=1"))
case("a watch by phase", create(pod(nodeSelector={"n":"x"})), watch("pods",1,fieldSelector="status.phase=Pending",timeoutSeconds=2).only("*.type"))
case("the old path watches one object", create(config_map(x="1")), Step("GET","/api/v1/watch/namespaces/$NS/configmaps/a",params={"timeoutSeconds":1},enough=lambda f:len(f)>=1).only("*.type","0.object.data"))
case("a get of one object is no watch", create(config_map(x="1")), watch("configmaps/a",1,timeoutSeconds=1))
case("a watch of a cluster's kind", watch("namespaces",1,fieldSelector="metadata.name=$NS",timeoutSeconds=1).only("*.type"))
case("a watch of no kind", Step("GET","/apis/apps/v1/namespaces/$NS/things",params={"watch":"1"}))

for text in ["a","!a","a,b","a=","a==","a!=","a in ()","a in (b,)","a notin (b)","a in b","=a","a>x","a<3","a>b","t,","t,,t",",","a b","a=b=c","(a)","!t=1","t=1,","t in(1)","t  in  ( 1 , 2 )","T/x=1","x/y/z=1","-a=1","a=-b","a="+"b"*64,"a in (b","t\t=1","t!=","!","in in (in)","notin","exists"]:
    case(f"labels {text!r}" if len(text) < 50 else "labels of a value of 64 letters", S, get("configmaps", labelSelector=text, fieldSelector=NOT_THE_ROOT).only(*N, "code", "message", "reason"))
for text in ["metadata.name","metadata.name=","metadata.name==a","metadata.name=a,metadata.namespace=x","metadata.name in (a)","=a","metadata.name=a,","metadata.name=a\\,b","metadata.name!=a,metadata.name!=b,metadata.name!=kube-root-ca.crt","metadata.uid=x","metadata.labels.t=1","a=b","metadata.name=a=b","metadata.name>a"]:
    case(f"fields {text!r}", S, get("configmaps", fieldSelector=text).only(*N, "code", "message", "reason"))
for kind, text in [("pods","spec.restartPolicy=Always"),("pods","spec.schedulerName=x"),("pods","spec.serviceAccountName=default"),("pods","spec.hostNetwork=true"),("pods","status.podIP=1"),("pods","status.nominatedNodeName=x"),("pods","spec.containers=x"),("services","spec.clusterIP=1"),("services","spec.type=ClusterIP"),("namespaces","status.phase=Active"),("nodes","spec.unschedulable=false"),("nodes","status.x=1"),("deployments","spec.replicas=1"),("deployments","status.replicas=1"),("replicasets","status.replicas=1"),("jobs","status.successful=1"),("cronjobs","spec.suspend=true"),("events","reason=x"),("events","source=x"),("events","type=Normal"),("events","reportingComponent=x"),("events","involvedObject.uid=x"),("events","message=x"),("replicationcontrollers","status.replicas=0"),("secrets","type=x"),("ingresses","spec.x=1"),("persistentvolumes","spec.x=1"),("serviceaccounts","x=1"),("customresourcedefinitions","spec.group=x"),("clusterroles","x=1"),("leases","x=1")]:
    case(f"{kind} by {text}", get(kind, fieldSelector=text, limit=1).only("code", "message", "reason", "kind"))
