"""Forms of bodies and answers: media types, sizes, malformed and odd JSON and YAML, options, paths."""

from __future__ import annotations

import json

from tests.conformance.case_steps import (
    APPLY,
    MERGE,
    PARTIAL,
    PARTIAL_LIST,
    STRATEGIC,
    Step,
    Table,
    apply,
    config_map,
    create,
    delete,
    deployment,
    get,
    json_patch,
    labelled,
    merge,
    place,
    pod,
    raw,
    thing,
    watch,
)
from tests.conformance.case_steps import TABLE as AST

# fmt: off
TABLE = case = Table("protocol")
S = [create(labelled(config_map(n, x=n), t="1")) for n in "abc"]
M = {"labelSelector": "t"}

case("JSON is answered where protobuf is wanted less", create(config_map(x="1")), get("configmaps/a").with_headers(Accept="application/vnd.kubernetes.protobuf;q=0.1, application/json").only("kind"))
case("CBOR can't be had", create(config_map(x="1")), get("configmaps/a").with_headers(Accept="application/cbor"))
case("anything is JSON", create(config_map(x="1")), get("configmaps/a").with_headers(Accept="*/*").only("kind"))
case("any kind of application is nothing that is known", create(config_map(x="1")), get("configmaps/a").with_headers(Accept="application/*").only("kind"))
case("a page of HTML can't be had", create(config_map(x="1")), get("configmaps/a").with_headers(Accept="text/html"))
case("an Accept that says nothing is refused", create(config_map(x="1")), get("configmaps/a").with_headers(Accept=";;;"))
case("an empty Accept is JSON", create(config_map(x="1")), get("configmaps/a").with_headers(Accept="").only("kind"))
case("a table of the version before", create(config_map(x="1")), get("configmaps/a").with_headers(Accept="application/json;as=Table;v=v1beta1;g=meta.k8s.io").only("kind","apiVersion"))
case("a table of a version that is none is refused", create(config_map(x="1")), get("configmaps/a").with_headers(Accept="application/json;as=Table;v=v9;g=meta.k8s.io"))
case("a table that can't be had falls back", create(config_map(x="1")), get("configmaps/a").with_headers(Accept="application/json;as=Table;v=v9;g=meta.k8s.io,application/json").only("kind"))
case("a list is no single object's metadata", S, get("configmaps",**M).with_headers(Accept=PARTIAL).shown())
case("an object is no list of metadata", S, get("configmaps/a").with_headers(Accept=PARTIAL_LIST))
case("a create is answered by a table", create(config_map(x="1")).with_headers(Accept=AST).shown())
case("a create is answered by metadata", create(config_map(x="1")).with_headers(Accept=PARTIAL).shown())
case("a patch is answered by a table", create(config_map(x="1")), merge("configmaps/a",{"data":{"x":"2"}}).with_headers(Accept=AST).only("kind","rows.0.cells.1"))
case("a delete's status is no metadata", create(config_map(x="1")), delete("configmaps/a").with_headers(Accept=PARTIAL).shown())
case("a delete's status is no table", create(config_map(x="1")), delete("configmaps/a").with_headers(Accept=AST).shown())
case("a refusal is no table", get("configmaps/none").with_headers(Accept=AST))
case("a watch of metadata", S, watch("configmaps",3,labelSelector="t").with_headers(Accept=PARTIAL).only("*.type","0.object.kind","0.object.metadata.name","0.object.data"))
case("a watch of tables ends its first events by a row of nothing", S, watch("configmaps",4,labelSelector="t",sendInitialEvents="true",allowWatchBookmarks="true",resourceVersionMatch="NotOlderThan").with_headers(Accept=AST).only("*.type","3.object"))
case("a charset may be told", raw("POST","configmaps",config_map(x="1"),kind="application/json; charset=utf-8").only("data"))
case("protobuf that is none is refused", raw("POST","configmaps",b"k8s\x00abc",kind="application/vnd.kubernetes.protobuf"))
case("a body of CBOR is refused", raw("POST","configmaps",b"\xa0",kind="application/cbor"))
case("a body of no type is JSON", Step("POST",place("configmaps"),json.dumps(config_map(x="1")).encode(),{}, {"Content-Type":""}).only("data"))
case("a body of a type that is none is refused", raw("POST","configmaps",config_map(x="1"),kind="foo"))
case("a patch's charset may be told", create(config_map(x="1")), raw("PATCH","configmaps/a",{"data":{"x":"2"}},kind="application/merge-patch+json; charset=utf-8").only("data"))
case("a patch of no type is refused", create(config_map(x="1")), Step("PATCH",place("configmaps/a"),b"{}",{}, {"Content-Type":""}))
case("an apply of CBOR is refused", raw("PATCH","configmaps/a",b"\xa0",kind="application/apply-patch+cbor",fieldManager="x"))
case("an update of text is refused", create(config_map(x="1")), raw("PUT","configmaps/a",config_map(x="2"),kind="text/plain"))
case("options of text are refused", create(config_map(x="1")), raw("DELETE","configmaps/a",b'{"kind":"DeleteOptions","apiVersion":"v1"}',kind="text/plain"))
case("options that are another object are refused", create(config_map(x="1")), delete("configmaps/a",config_map()))
case("unknown options are passed over", create(config_map(x="1")), delete("configmaps/a",{"kind":"DeleteOptions","apiVersion":"v1","graceSeconds":3}))
case("unknown options are passed over with Strict", create(config_map(x="1")), delete("configmaps/a",{"kind":"DeleteOptions","apiVersion":"v1","graceSeconds":3},fieldValidation="Strict"))
case("a grace that is no number is refused", create(config_map(x="1")), delete("configmaps/a",gracePeriodSeconds="abc"))
case("a policy in the query is looked at", create(config_map(x="1")), delete("configmaps/a",propagationPolicy="Sideways"))
case("a delete in the foreground by the query", create(config_map(x="1")), delete("configmaps/a",propagationPolicy="Foreground").shown())
case("a dry run told twice is one", create(config_map(x="1")), delete("configmaps/a",{"dryRun":["All","All"]}))
case("a dry run of a delete that is none is refused", create(config_map(x="1")), delete("configmaps/a",{"dryRun":["Maybe"]}))
case("an unsafe delete of what can be read is refused", create(config_map(x="1")), delete("configmaps/a",{"ignoreStoreReadErrorWithClusterBreakingPotential":True}))
case("a body of more than three megabytes is refused", raw("POST","configmaps",b'{"metadata":{"name":"a"},"data":{"x":"'+b"a"*3200000+b'"}}'))
case("a configmap of more than a megabyte is refused", raw("POST","configmaps",b'{"metadata":{"name":"a"},"data":{"x":"'+b"a"*1100000+b'"}}'))
case("a secret of more than a megabyte is refused", raw("POST","secrets",b'{"metadata":{"name":"a"},"stringData":{"x":"'+b"a"*1100000+b'"}}'))
case("annotations of more than 256 KiB are refused", raw("POST","configmaps",b'{"metadata":{"name":"a","annotations":{"x":"'+b"a"*300000+b'"}}}'))
case("a patch of more than three megabytes is refused", create(config_map(x="1")), raw("PATCH","configmaps/a",b'{"data":{"x":"'+b"a"*3200000+b'"}}',kind=MERGE))
case("a JSON patch of more than ten thousand operations is refused", create(config_map(x="1")), json_patch("configmaps/a",*[{"op":"add","path":"/data/x","value":"2"}]*10001))
case("JSON that nests without end is refused", raw("POST","configmaps",b'{"metadata":{"name":"a"},"data":'+b'{"a":'*12000+b'1'+b'}'*12000+b'}'))
case("bytes that are no UTF-8 become signs of it", raw("POST","configmaps",b'{"metadata":{"name":"a"},"data":{"x":"\xff\xfe"}}').shown())
case("a NUL in a value stays", raw("POST","configmaps",b'{"metadata":{"name":"a"},"data":{"x":"a\\u0000b"}}').only("data"))
case("half a surrogate pair becomes a sign of it", raw("POST","configmaps",b'{"metadata":{"name":"a"},"data":{"x":"a\\ud800b"}}').only("data"))
case("what follows an object is refused", raw("POST","configmaps",b'{"metadata":{"name":"a"}} {}'))
case("comments in JSON are refused", raw("POST","configmaps",b'{"metadata":{"name":"a"} // x\n}'))
case("NaN is refused", raw("POST","configmaps",b'{"metadata":{"name":"a","generation":NaN}}'))
case("a fraction for an integer is refused by Go's words", raw("POST","configmaps",b'{"metadata":{"name":"a","generation":1.5}}'))
case("an exponent is no integer", raw("POST","deployments",json.dumps(deployment(replicas=0)).replace('"replicas": 0','"replicas": 1e1').encode()).only("spec.replicas"))
case("a number of twenty digits is told as written", raw("POST","deployments",json.dumps(deployment(replicas=99999999999999999999)).encode()))
case("a number beyond 32 bits is refused", raw("POST","deployments",json.dumps(deployment(replicas=4294967296)).encode()))
case("a byte order mark is refused", raw("POST","configmaps",b'\xef\xbb\xbf{"metadata":{"name":"a"}}'))
case("YAML told as JSON is refused", raw("POST","configmaps",b'metadata:\n  name: a\n'))
case("JSON told as YAML is taken", raw("POST","configmaps",b'{"metadata":{"name":"a"},"data":{"x":"1"}}',kind="application/yaml").only("data"))
case("of YAML the first document counts", raw("POST","configmaps",b'metadata: {name: a}\n---\nmetadata: {name: b}\n',kind="application/yaml"))
case("a key twice in YAML is a warning with its line", raw("POST","configmaps",b'metadata: {name: a}\ndata:\n  x: "1"\n  x: "2"\n',kind="application/yaml"))
case("a key twice in YAML is refused with Strict", raw("POST","configmaps",b'metadata: {name: a}\ndata:\n  x: "1"\n  x: "2"\n',kind="application/yaml",fieldValidation="Strict"))
case("yes is no text", raw("POST","configmaps",b'metadata: {name: a}\ndata: {x: yes}\n',kind="application/yaml"))
case("y is a boolean, and anchors are followed", raw("POST","configmaps",b'metadata: {name: a}\ndata: {x: &a "1", y: *a}\n',kind="application/yaml").only("data"))
case("a list of YAML is refused", raw("POST","configmaps",b'- a\n',kind="application/yaml"))
case("a text of YAML is refused", raw("POST","configmaps",b'hello\n',kind="application/yaml"))
case("a key twice in an apply is a warning", raw("PATCH","configmaps/a",b'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: "1"\n  x: "2"\n',kind=APPLY,fieldManager="m"))
case("of an apply the first document counts", raw("PATCH","configmaps/a",b'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\na: b\n',kind=APPLY,fieldManager="m"))
case("an apply of nothing is refused", raw("PATCH","configmaps/a",b'',kind=APPLY,fieldManager="m"))
case("an apply of a list is refused", raw("PATCH","configmaps/a",b'[]',kind=APPLY,fieldManager="m"))
case("an apply of null is refused", raw("PATCH","configmaps/a",b'null',kind=APPLY,fieldManager="m"))
case("an apply into no namespace", Step("PATCH","/api/v1/namespaces/none-$NS/configmaps/a",config_map(),{"fieldManager":"m"},{"Content-Type":APPLY}))
case("a create into no namespace", Step("POST","/api/v1/namespaces/none-$NS/configmaps",config_map()))
case("a create into another namespace than it says", create(thing("ConfigMap","a",namespace="other")))
case("a manager of two hundred letters is refused", apply(config_map(x="1"),"m"*200))
case("a manager with a line break is refused", apply(config_map(x="1"),"a\nb"))
case("a creator's name of 129 letters is refused", create(config_map(x="1"),fieldManager="m"*129))
case("a patcher's name with a tab is refused", create(config_map(x="1")), merge("configmaps/a",{"data":{"x":"2"}},fieldManager="a\tb"))
case("a merge patch can't be forced", create(config_map(x="1")), merge("configmaps/a",{"data":{"x":"2"}},force="true"))
case("parameters that are none are passed over", create(config_map(x="1"),foo="bar").only("data"))
case("an empty dryRun is none", create(config_map(x="1"),dryRun="").only("data"))
case("a dryRun twice is one", Step("POST",place("configmaps")+"?dryRun=All&dryRun=All",config_map(x="1")).only("data"))
case("HEAD is not allowed", raw("HEAD","configmaps"))
case("OPTIONS is not allowed", raw("OPTIONS","configmaps"))
case("two slashes are no path", Step("GET","/api//v1/namespaces/$NS/configmaps").quiet())
case("a slash behind is no matter", Step("GET","/api/v1/namespaces/$NS/configmaps/").quiet())
case("a slash behind the versions is no matter", Step("GET","/api/").only("kind"))
case("a group that is none", get("/apis/none.example.com"))
case("a version that is none", get("/apis/apps/v9"))
case("a resource that is none", get("/apis/apps/v1/namespaces/$NS/things"))
case("a core version that is none", get("/api/v2"))
case("a subresource that is none", create(config_map(x="1")), get("configmaps/a/foo"))
case("a name with an encoded slash", get("configmaps/a%2Fb"))
case("a name with capitals is not found", get("configmaps/ABC"))
case("a name of 300 letters is not found", get("configmaps/"+"a"*300))
case("a key twice in an apply is refused with Strict", raw("PATCH","configmaps/a",b'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: "1"\n  x: "2"\n',kind=APPLY,fieldManager="m",fieldValidation="Strict"))
case("a key twice in an apply of JSON is refused with Strict", raw("PATCH","configmaps/a",b'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"1","x":"2"}}',kind=APPLY,fieldManager="m",fieldValidation="Strict"))
case("a whole fraction is an integer to an apply", raw("PATCH","deployments/web",json.dumps({**deployment(paused=True),"spec":{**deployment(paused=True)["spec"],"replicas":2.0}}).encode(),kind=APPLY,fieldManager="m").only("spec.replicas"))
case("a whole fraction is an integer to a strategic patch", create(deployment(paused=True)), raw("PATCH","deployments/web",b'{"spec":{"replicas":2.0}}',kind=STRATEGIC).only("spec.replicas"))
case("a fraction is no integer to an update", create(deployment(paused=True)), raw("PUT","deployments/web",json.dumps(deployment(paused=True,replicas=2.5)).encode()))
case("a key twice in a merge patch is refused with Strict", create(config_map(x="1")), raw("PATCH","configmaps/a",b'{"data":{"x":"2","x":"3"}}',kind=MERGE,fieldValidation="Strict"))
case("a key twice in a merge patch is a warning", create(config_map(x="1")), raw("PATCH","configmaps/a",b'{"data":{"x":"2","x":"3"}}',kind=MERGE).only("data"))
case("a resource of a version that is none", Step("GET","/apis/apps/v9/namespaces/$NS/deployments"))
case("a resource of a group that is none", Step("GET","/apis/none.example.com/v1/namespaces/$NS/deployments"))
case("a picture of a list can't be had", get("configmaps").with_headers(Accept="image/png"))
case("a picture of what is made can't be had", create(config_map()).with_headers(Accept="image/png"))
case("a picture of a watch can't be had", Step("GET",place("configmaps"),params={"watch":"1"},headers={"Accept":"image/png"}))
case("a list of pods is no single one's metadata", get("pods").with_headers(Accept=PARTIAL))
case("a list of deployments is no single one's metadata", get("deployments").with_headers(Accept=PARTIAL))
case("a pod deleted is answered by a table", create(pod(nodeSelector={"n":"x"})), delete("pods/p",gracePeriodSeconds=0).with_headers(Accept=AST).only("kind","rows.0.cells.0"))
