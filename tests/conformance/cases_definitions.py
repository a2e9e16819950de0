"""CustomResourceDefinitions themselves: versions, names, what can't change, schemas that are refused, formats, selectable fields."""

from __future__ import annotations

import copy

from tests.conformance.case_steps import (
    JSON_PATCH,
    Step,
    Table,
    answered,
    apply,
    create,
    delete,
    get,
    gone,
    having,
    merge,
    place,
    put,
    raw,
    thing,
    watch,
)
from tests.conformance.case_steps import TABLE as AST
from tests.conformance.cases_custom import CRD, GONE, SCALE, SCHEMA, STATUS, crd, made, widget

# fmt: off
TABLE = case = Table("definitions")
def schema(spec, **more): return {"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object","properties":spec}},**more}}
def one(name,*steps,**v): case(name,made(**v),*steps,GONE)
def bad(name,**v): case(name,create(crd(**v)),GONE)
def sp(prop,**more): return dict(schema=schema({"x":prop}),**more)
def w(**spec): return thing("Widget","w",spec,"$NS.example.com/v1")
V1={"name":"v1","served":True,"storage":True,"schema":{"openAPIV3Schema":SCHEMA}}
V2={"name":"v2","served":True,"storage":False,"schema":{"openAPIV3Schema":SCHEMA}}
def crdv(*versions,**spec):
    made_of = copy.deepcopy(crd())
    made_of["spec"].update({"versions": list(versions), **spec})
    return made_of
EST=Step("GET",place("/apis/$NS.example.com/v1/namespaces/$NS/widgets")).until(lambda a:a.status==200).quiet()
def w2(**s): return {**widget(**s),"apiVersion":"$NS.example.com/v2"}

case("an object is read in another version", create(crdv(V1,V2)),EST,create(widget()),Step("GET",place("/apis/$NS.example.com/v2/namespaces/$NS/widgets/w")).shown(),GONE)
case("the group prefers its stable version", create(crdv(V1,V2)),EST,get("/apis/$NS.example.com").until(having(kind="APIGroup")).shown(),GONE)
case("versions go stable, beta, alpha, others", create(crdv({**V1,"name":"v1beta1","storage":False},V1,{**V2,"name":"v1alpha1"},{**V2,"name":"foo1"})),EST,get("/apis/$NS.example.com").until(having(kind="APIGroup")).shown(),GONE)
case("a version that is not served is not there", create(crdv(V1,{**V2,"served":False})),EST,Step("GET",place("/apis/$NS.example.com/v2/namespaces/$NS/widgets")),GONE)
case("a deprecated version warns in its words", create(crdv({**V1,"deprecated":True,"deprecationWarning":"use v2, please"},V2)),EST,get("widgets").only("kind"),create(widget()).only("spec"),GONE)
case("a definition stores one version", create(crdv(V1,{**V2,"storage":True})))
case("a definition's versions have names of their own", create(crdv(V1,{**V2,"name":"v1"})))
case("a version's name is a DNS label", create(crdv(V1,{**V2,"name":"V_2"})))
case("a definition without versions is refused", create(crdv()))
case("a definition tells what it accepted and stored", create(crdv(V1,V2)),get(CRD).until(lambda a:bool(a.body.get("status",{}).get("conditions"))).only("status.storedVersions","status.acceptedNames"),GONE)
case("an apply in two versions is two entries", create(crdv(V1,V2)),EST,apply(widget(color="green")),apply(w2(color="green")).only("metadata.managedFields","apiVersion"),apply(w2(color="red"),"two"),GONE)
case("a conversion by a webhook needs one", create(crdv(V1,V2,conversion={"strategy":"Webhook"})))
case("an unknown conversion is refused", create(crdv(V1,V2,conversion={"strategy":"Foo"})))
case("a new stored version is noted", create(crdv(V1,V2)),EST,Step("PATCH",place(CRD),[{"op":"replace","path":"/spec/versions/0/storage","value":False},{"op":"replace","path":"/spec/versions/1/storage","value":True}],{}, {"Content-Type":JSON_PATCH}).quiet(),get(CRD).until(lambda a:len(a.body["status"]["storedVersions"])==2).only("status.storedVersions"),GONE)
case("a version that was stored can't go", create(crdv(V1,V2)),EST,merge(CRD,{"spec":{"versions":[{**V2,"storage":True}]}}),GONE)
case("a scope is immutable", create(crd()),EST,merge(CRD,{"spec":{"scope":"Cluster"}}),GONE)
case("a kind is immutable", create(crd()),EST,merge(CRD,{"spec":{"names":{"kind":"Wodget"}}}).quiet(),GONE)
case("a group is immutable", create(crd()),EST,merge(CRD,{"spec":{"group":"x.example.com"}}),GONE)
case("a cluster's kind", create({**crd(),"spec":{**crd()["spec"],"scope":"Cluster"}}),Step("GET",place("/apis/$NS.example.com/v1/widgets")).until(lambda a:a.status==200).quiet(),Step("POST",place("/apis/$NS.example.com/v1/widgets"),widget()).shown(),Step("POST",place("/apis/$NS.example.com/v1/namespaces/$NS/widgets"),widget()).quiet(),GONE)
case("a definition without a scope is refused", create({**crd(),"spec":{k:v for k,v in crd()["spec"].items() if k!="scope"}}))
case("a definition without names is refused", create({**crd(),"spec":{**crd()["spec"],"names":{}}}))
case("names with capitals are refused", create({**crd(),"spec":{**crd()["spec"],"names":{"plural":"Widgets","kind":"widget"}}}))
case("a kind that is another's is not accepted", create(crd()),EST,create({**crd(),"metadata":{"name":"wodgets.$NS.example.com"},"spec":{**crd()["spec"],"names":{"plural":"wodgets","kind":"Widget"}}}),get("customresourcedefinitions/wodgets.$NS.example.com").until(lambda a:len(a.body.get("status",{}).get("conditions") or [])>1).only("status.conditions.*.type","status.conditions.*.status","status.conditions.*.reason","status.conditions.*.message","status.acceptedNames"),delete("customresourcedefinitions/wodgets.$NS.example.com").quiet(),GONE)
case("a protected group needs an approval", create({**crd(),"metadata":{"name":"widgets.foo.k8s.io"},"spec":{**crd()["spec"],"group":"foo.k8s.io"}}))
case("categories are told by discovery", create({**crd(),"spec":{**crd()["spec"],"names":{**crd()["spec"]["names"],"categories":["all","x"]}}}),EST,get("/apis/$NS.example.com/v1").until(having(kind="APIResourceList")).shown(),GONE)
case("unknown fields can't be kept any more", create(crdv(V1,preserveUnknownFields=True)))
case("stored versions can be written", create(crd()),EST,merge(CRD+"/status",{"status":{"storedVersions":["v1","v0"]}}).only("status.storedVersions"),GONE)
bad("a schema of an unknown type is refused", **sp({"type":"text"}))
bad("a schema's pattern that is none is refused", **sp({"type":"string","pattern":"["}))
bad("a default of the wrong type is refused", **sp({"type":"integer","default":"x"}))
bad("a default of unknown fields is refused", **sp({"type":"object","properties":{"a":{"type":"string"}},"default":{"b":1}}))
bad("an array without items is refused", **sp({"type":"array"}))
bad("a map list without keys is refused", **sp({"type":"array","x-kubernetes-list-type":"map","items":{"type":"object","properties":{"a":{"type":"string"}}}}))
bad("a map list of keys that are none is refused", **sp({"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["b"],"items":{"type":"object","required":["b"],"properties":{"a":{"type":"string"}}}}))
bad("a map list's key has a default or is required", **sp({"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["a"],"items":{"type":"object","properties":{"a":{"type":"string"}}}}))
bad("a set of granular objects is refused", **sp({"type":"array","x-kubernetes-list-type":"set","items":{"type":"object","properties":{"a":{"type":"string"}}}}))
bad("an unknown list type is refused", **sp({"type":"array","x-kubernetes-list-type":"bag","items":{"type":"string"}}))
bad("references are refused", **sp({"$ref":"#/x"}))
bad("uniqueItems are refused", **sp({"type":"array","uniqueItems":True,"items":{"type":"string"}}))
bad("properties and additional ones are refused", **sp({"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":{"type":"string"}}))
bad("no additional properties", **sp({"type":"object","additionalProperties":False}))
bad("an embedded resource of no fields is refused", **sp({"x-kubernetes-embedded-resource":True,"type":"object"}))
bad("a CEL rule that can't be read is refused", **sp({"type":"integer","x-kubernetes-validations":[{"rule":"self >"}]}))
bad("a rule that says nothing is refused", **sp({"type":"integer","x-kubernetes-validations":[{"message":"x"}]}))
bad("a type in anyOf is refused", **sp({"type":"string","anyOf":[{"type":"string"}]}))
bad("a schema of labels is refused", schema={"openAPIV3Schema":{"type":"object","properties":{"metadata":{"type":"object","properties":{"labels":{"type":"object"}}}}}})
bad("a root that is an array is refused", schema={"openAPIV3Schema":{"type":"array","items":{"type":"string"}}})
bad("a column of nothing is refused", additionalPrinterColumns=[{"name":"","type":"foo","jsonPath":"spec.size"}])
bad("paths of a scale that are none are refused", subresources={"scale":{"specReplicasPath":"size","statusReplicasPath":".spec.x"}})
bad("a selectable field that is none is refused", selectableFields=[{"jsonPath":".spec.none"}])
bad("a selectable list is refused", selectableFields=[{"jsonPath":".spec.parts"}])
one("objects by a selectable field", create(widget("a",color="red")),create(widget("b",color="green")),get("widgets",fieldSelector="spec.color=green").only("items.*.metadata.name"),selectableFields=[{"jsonPath":".spec.color"},{"jsonPath":".spec.size"}])
one("objects by a selectable number", create(widget("a",size=1)),create(widget("b",size=2)),get("widgets",fieldSelector="spec.size!=2").only("items.*.metadata.name"),selectableFields=[{"jsonPath":".spec.color"},{"jsonPath":".spec.size"}])
one("a field that is not selectable is refused", get("widgets",fieldSelector="spec.note=x"),selectableFields=[{"jsonPath":".spec.color"}])
one("a watch by a selectable field", create(widget("a",color="red")),merge("widgets/a",{"spec":{"color":"green"}}),watch("widgets",2,resourceVersion=answered("metadata","resourceVersion",of=2),fieldSelector="spec.color=red",timeoutSeconds=2).only("*.type"),selectableFields=[{"jsonPath":".spec.color"}])
one("selectable fields and discovery", get("/apis/$NS.example.com/v1").until(having(kind="APIResourceList")).shown(),selectableFields=[{"jsonPath":".spec.color"}])
one("a CEL rule is looked at", create(w(x=3)),merge("widgets/w",{"spec":{"x":1}}),**sp({"type":"integer","x-kubernetes-validations":[{"rule":"self > 2","message":"too small"}]}))
one("a CEL rule compares with the old value", create(w(x=3)),merge("widgets/w",{"spec":{"x":4}}),**sp({"type":"integer","x-kubernetes-validations":[{"rule":"self == oldSelf","message":"immutable"}]}))
one("a date that is none is refused", create(w(x="yesterday")),**sp({"type":"string","format":"date"}))
one("a time that is none is refused", create(w(x="2020-01-01")),**sp({"type":"string","format":"date-time"}))
one("an address that is none is refused", create(w(x="1.2.3")),**sp({"type":"string","format":"ipv4"}))
one("a uuid that is none is refused", create(w(x="x")),**sp({"type":"string","format":"uuid"}))
one("base64 that is none is refused", create(w(x="!!")),**sp({"type":"string","format":"byte"}))
one("a duration that is none is refused", create(w(x="5 apples")),**sp({"type":"string","format":"duration"}))
one("an email that is none is refused", create(w(x="x")),**sp({"type":"string","format":"email"}))
one("a URI that is none is refused", create(w(x="not a uri")),**sp({"type":"string","format":"uri"}))
one("a host that is none is refused", create(w(x="-a")),**sp({"type":"string","format":"hostname"}))
one("a network that is none is refused", create(w(x="10.0.0.0")),**sp({"type":"string","format":"cidr"}))
one("a number beyond 32 bits is refused", create(w(x=4294967296)),**sp({"type":"integer","format":"int32"}))
one("an unknown format is passed over", create(w(x="q")).only("spec"),**sp({"type":"string","format":"foo"}))
one("what is no multiple is refused", create(w(x=7)),**sp({"type":"integer","multipleOf":5}))
one("an exclusive maximum is refused", create(w(x=5)),**sp({"type":"integer","maximum":5,"exclusiveMaximum":True}))
one("too few properties are refused", create(w(x={})),**sp({"type":"object","minProperties":1,"additionalProperties":{"type":"string"}}))
one("too many properties are refused", create(w(x={"a":"1","b":"2"})),**sp({"type":"object","maxProperties":1,"additionalProperties":{"type":"string"}}))
one("too few items are refused", create(w(x=[])),**sp({"type":"array","minItems":1,"items":{"type":"string"}}))
one("too short is refused", create(w(x="")),**sp({"type":"string","minLength":1}))
one("a length counts letters", create(w(x="äöü")).only("spec"),**sp({"type":"string","maxLength":3}))
one("two of one are refused", create(w(x={"a":"1","b":"1"})),**sp({"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"oneOf":[{"required":["a"]},{"required":["b"]}]}))
one("none of any is refused", create(w(x={})),**sp({"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"anyOf":[{"required":["a"]},{"required":["b"]}]}))
one("what must not be is refused", create(w(x="a")),**sp({"type":"string","not":{"enum":["a"]}}))
one("what must fit all is refused", create(w(x="abc")),**sp({"type":"string","allOf":[{"maxLength":2},{"pattern":"^b"}]}))
one("a number outside an enum is refused", create(w(x=3)),**sp({"type":"integer","enum":[1,2]}))
one("a default goes over null", create(w(x=None)).only("spec"),**sp({"type":"integer","default":7}))
one("null goes over a default where it may", create(w(x=None)).only("spec"),**sp({"type":"integer","default":7,"nullable":True}))
one("defaults in items", create(w(x=[{}, {"a":"1"}])).only("spec"),**sp({"type":"array","items":{"type":"object","properties":{"a":{"type":"string","default":"d"},"b":{"type":"integer","default":0}}}}))
one("defaults in a map's values", create(w(x={"k":{}})).only("spec"),**sp({"type":"object","additionalProperties":{"type":"object","properties":{"a":{"type":"string","default":"d"}}}}))
one("defaults after pruning", create(w(x=[{"zz":1}])).shown(),**sp({"type":"array","items":{"type":"object","properties":{"a":{"type":"string","default":"d"}}}}))
one("an embedded resource needs a kind", create(w(x={"metadata":{"name":"a"}})),**sp({"type":"object","x-kubernetes-embedded-resource":True,"x-kubernetes-preserve-unknown-fields":True}))
one("fields kept beside known ones", create(w(x={"a":{"b":1,"c":2},"z":{"y":[{"q":1}]}})).only("spec"),**sp({"type":"object","x-kubernetes-preserve-unknown-fields":True,"properties":{"a":{"type":"object","properties":{"b":{"type":"integer"}}}}}))
one("a whole fraction is an integer", create(w(x=3.0)).only("spec"),**sp({"type":"integer"}))
one("a number beyond 64 bits is refused", raw("POST","widgets",b'{"apiVersion":"$NS.example.com/v1","kind":"Widget","metadata":{"name":"w"},"spec":{"x":9223372036854775808}}'),**sp({"type":"integer"}))
one("an exponent is an integer", raw("POST","widgets",b'{"apiVersion":"$NS.example.com/v1","kind":"Widget","metadata":{"name":"w"},"spec":{"x":1e2}}').only("spec"),**sp({"type":"integer"}))
one("a fraction keeps its value", raw("POST","widgets",b'{"apiVersion":"$NS.example.com/v1","kind":"Widget","metadata":{"name":"w"},"spec":{"x":1.50}}').only("spec"),**sp({"type":"number"}))
one("a key twice is refused with Strict", raw("POST","widgets",b'{"apiVersion":"$NS.example.com/v1","kind":"Widget","metadata":{"name":"w"},"spec":{"size":1,"size":2}}',fieldValidation="Strict"))
one("unknown metadata is pruned with a warning", create({**widget(),"metadata":{"name":"w","foo":"x"}}).shown())
one("unknown metadata is refused with Strict", create({**widget(),"metadata":{"name":"w","foo":"x"}},fieldValidation="Strict"))
one("a name with capitals", create(widget("Big")))
one("an unknown field at the top is pruned", create({**widget(),"extra":1}).shown())
one("a spec of text is refused", create({**widget(),"spec":"x"}))
one("a spec of null is none", create({**widget(),"spec":None}).shown())
one("a status's update leaves labels", create(widget()),Step("PUT",place("widgets/w/status"),lambda h:{**h[-1].body,"metadata":{**h[-1].body["metadata"],"labels":{"a":"b"}},"status":{"phase":"x"}}).shown(),**STATUS)
one("a scale beyond the maximum is refused", create(widget(size=3)),Step("PUT",place("widgets/w/scale"),lambda h:{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"w","namespace":"$NS"},"spec":{"replicas":20}}),**SCALE)
one("a scale is written whole", create(widget(size=3)),Step("PUT",place("widgets/w/scale"),lambda h:{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"w","namespace":"$NS"},"spec":{"replicas":5}}).shown(),**SCALE)
one("no scale where there is no subresource", create(widget(size=3)),get("widgets/w/scale"))
one("no scale of what is not there", get("widgets/w/scale"),**SCALE)
one("an update needs its version", create(widget()),put(widget(size=3)))
one("an update makes nothing", put(widget(size=3)))
one("columns of all types", create(widget(size=4,color="green")),Step("GET",place("widgets"),headers={"Accept":AST}).shown(),additionalPrinterColumns=[{"name":"Size","type":"integer","jsonPath":".spec.size"},{"name":"Color","type":"string","jsonPath":".spec.color","priority":1},{"name":"When","type":"date","jsonPath":".metadata.creationTimestamp"},{"name":"None","type":"string","jsonPath":".spec.note"},{"name":"Parts","type":"string","jsonPath":".spec.parts[*].name"},{"name":"Bool","type":"boolean","jsonPath":".spec.on"}])
one("its OpenAPI names its kind", get("/openapi/v3/apis/$NS.example.com/v1").until(lambda a:a.status==200).only("components.schemas.com\\.example\\.$NS\\.v1\\.Widget.x-kubernetes-group-version-kind","openapi"))
one("a delete's answer", create(widget()),delete("widgets/w").shown())
one("deletecollection's answer", create(widget()),delete("widgets").only("kind","items.*.metadata.name"))
one("a dry run stores nothing", create(widget(),dryRun="All").quiet(),get("widgets/w"))
one("a required field can't be removed", create(widget()),merge("widgets/w",{"spec":{"size":None}}))
case("a definition waits for its objects and takes no new ones", made(),create({**widget(),"metadata":{"name":"w","finalizers":["example.com/x"]}}),delete(CRD).quiet(),get(CRD).until(lambda a:any(c["type"]=="Terminating" and c["status"]=="True" and c["reason"]!="InstanceDeletionPending" for c in a.body.get("status",{}).get("conditions",[]))).only("status.conditions.*.type","status.conditions.*.status","status.conditions.*.reason","status.conditions.*.message","metadata.finalizers"),create(widget("v")),merge("widgets/w",{"metadata":{"finalizers":None}}).quiet(),get(CRD).until(gone).quiet())
