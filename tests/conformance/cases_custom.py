"""CustomResourceDefinitions and their objects: pruning, defaults, validation, lists, subresources, versions."""

from __future__ import annotations

from tests.conformance.case_steps import TABLE as AS_TABLE
from tests.conformance.case_steps import (
    Step,
    Table,
    apply,
    create,
    delete,
    edit,
    get,
    gone,
    having,
    json_patch,
    merge,
    place,
    put,
    strategic,
    table,
    thing,
)

# fmt: off
TABLE = case = Table("custom")
CRD = "customresourcedefinitions/widgets.$NS.example.com"
SCHEMA = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "required": ["size"],
            "properties": {
                "size": {"type": "integer", "minimum": 1, "maximum": 9},
                "color": {"type": "string", "default": "red", "enum": ["red", "green"]},
                "note": {"type": "string", "maxLength": 5, "pattern": "^[a-z]*$"},
                "port": {"x-kubernetes-int-or-string": True},
                "on": {"type": "boolean"},
                "ratio": {"type": "number"},
                "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                "tags": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
                "words": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
                "parts": {
                    "type": "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name", "kind"],
                    "items": {
                        "type": "object",
                        "required": ["name"],
                        "properties": {"name": {"type": "string"}, "kind": {"type": "string", "default": "bolt"}, "count": {"type": "integer", "default": 1}},
                    },
                },
                "settings": {"type": "object", "additionalProperties": {"type": "string"}},
                "box": {"type": "object", "x-kubernetes-map-type": "atomic", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}},
                "maybe": {"type": "string", "nullable": True},
                "deep": {"type": "object", "default": {}, "properties": {"er": {"type": "string", "default": "blue"}}},
            },
        },
        "status": {"type": "object", "properties": {"phase": {"type": "string"}, "replicas": {"type": "integer"}, "selector": {"type": "string"}}},
    },
}


def crd(**version: object) -> dict:
    first = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": SCHEMA}, **version}
    spec = {
        "group": "$NS.example.com",
        "scope": "Namespaced",
        "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList", "shortNames": ["wd"]},
        "versions": [{name: value for name, value in first.items() if value is not None}],
    }
    return thing("CustomResourceDefinition", "widgets.$NS.example.com", spec, "apiextensions.k8s.io/v1")


def made(**version: object) -> list[Step]:
    established = Step("GET", place("/apis/$NS.example.com/v1/namespaces/$NS/widgets"))
    return [create(crd(**version)), established.until(lambda answer: answer.status == 200).quiet()]


def widget(name: str = "w", **spec: object) -> dict:
    return thing("Widget", name, {"size": 1, **spec}, "$NS.example.com/v1")


GONE = delete(CRD).quiet()
STATUS = {"subresources": {"status": {}}}
SCALE = {"subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.replicas", "labelSelectorPath": ".status.selector"}}}


def one(name: str, *steps: object, **version: object) -> None:
    case(name, made(**version), *steps, GONE)


def shows(step: Step, *fields: str) -> Step:
    return step.only(*fields) if fields else step.shown()


case("a definition becomes established", create(crd()), get(CRD).until(lambda a: any(c["type"] == "Established" and c["status"] == "True" for c in a.body.get("status", {}).get("conditions") or [])).only("status.conditions.*.type", "status.conditions.*.status", "status.conditions.*.reason", "status.acceptedNames", "status.storedVersions"), GONE)
case("a definition's names get defaults", create({**crd(), "spec": {**crd()["spec"], "names": {"plural": "widgets", "kind": "Widget"}}}), get(CRD).only("spec.names", "spec.conversion"), GONE)
case("a definition of another name is refused", create({**crd(), "metadata": {"name": "gadgets.$NS.example.com"}}))
case("a definition without a schema is refused", create(crd(schema=None)).only("code", "reason"))
case("a definition without a stored version is refused", create(crd(storage=False)).only("code", "reason"))
case("a definition without a structural schema is refused", create(crd(schema={"openAPIV3Schema": {"type": "object", "properties": {"a": {}}}})).only("code", "reason"))
case("a definition's group is told by discovery", made(), get("/apis/$NS.example.com").until(having(kind="APIGroup")).shown(), GONE)
case("a definition's resources are told by discovery", made(**SCALE), get("/apis/$NS.example.com/v1").until(having(kind="APIResourceList")).shown(), GONE)
case("a definition that goes takes its objects", made(), create(widget()), GONE, get(CRD).until(gone).quiet(), get("widgets/w").quiet())
case("before its definition a kind is not there", create(widget()))
one("a widget is made", create(widget()).shown())
one("defaults are filled in", shows(create(widget(parts=[{"name": "a"}])), "spec"))
one("defaults for null", shows(create(widget(color=None)), "spec"))
one("null where null may be", shows(create(widget(maybe=None)), "spec"))
one("null where a default is not", shows(create(widget(note=None)), "spec"))
one("unknown fields are pruned with a warning", shows(create(widget(extra=1)), "spec"))
one("unknown fields with Strict are refused", create(widget(extra=1, parts=[{"name": "a", "extra": 1}]), fieldValidation="Strict"))
one("unknown fields with Ignore are pruned", shows(create(widget(extra=1), fieldValidation="Ignore"), "spec"))
one("unknown fields are kept where they may be", shows(create(widget(free={"a": {"b": [1, "x", None]}})), "spec.free"))
one("a required field is missed", create(thing("Widget", "w", {}, "$NS.example.com/v1")))
one("no spec where none is required", create(thing("Widget", "w", version="$NS.example.com/v1")).shown())
one("a wrong type is refused", create(widget(size="big")))
one("a fraction for an integer is refused", create(widget(size=1.5)))
one("a whole number for a number", shows(create(widget(ratio=1)), "spec.ratio"))
one("text for a boolean is refused", create(widget(on="yes")))
one("below the minimum is refused", create(widget(size=0)))
one("over the maximum is refused", create(widget(size=10)))
one("outside an enum is refused", create(widget(color="pink")))
one("too long is refused", create(widget(note="abcdef")))
one("what misses a pattern is refused", create(widget(note="A1")))
one("too many items are refused", create(widget(words=["a", "b", "c", "d"])))
one("an int-or-string is either", shows(create(widget(port=80)), "spec.port"), shows(create(widget("v", port="http")), "spec.port"))
one("an int-or-string is no list", create(widget(port=[1])))
one("a set has no item twice", create(widget(tags=["a", "a"])))
one("a map list has no key twice", create(widget(parts=[{"name": "a"}, {"name": "a"}])))
one("keys of two fields are two items", shows(create(widget(parts=[{"name": "a"}, {"name": "a", "kind": "nut"}])), "spec.parts"))
one("a value of a map has its type", create(widget(settings={"a": 1})))
one("several errors at once", create(widget(size=0, color="pink", note="ABCDEFG")).only("code", "details"))
one("an update is validated", create(widget()), merge("widgets/w", {"spec": {"size": 99}}))
one("an update needs a resourceVersion", create(widget()), put(widget(size=2)))
one("an update with its resourceVersion", create(widget()), *edit("widgets/w", lambda o: o["spec"].update(size=2))[:1], shows(put(lambda h: {**h[-1].body, "spec": {"size": 2}}, "widgets/w"), "spec", "metadata.generation"))
one("a strategic patch is refused", create(widget()), strategic("widgets/w", {"spec": {"size": 2}}))
one("a JSON patch", create(widget()), shows(json_patch("widgets/w", {"op": "replace", "path": "/spec/size", "value": 3}), "spec.size", "metadata.generation"))
one("a label raises no generation", create(widget()), shows(merge("widgets/w", {"metadata": {"labels": {"a": "b"}}}), "metadata.generation"))
one("without a status subresource the status is a field", create({**widget(), "status": {"phase": "on"}}).shown())
one("with a status subresource the status is left", shows(create({**widget(), "status": {"phase": "on"}}), "status"), shows(merge("widgets/w/status", {"status": {"phase": "off"}, "spec": {"size": 3}}), "status", "spec.size", "metadata.generation"), **STATUS)
one("without a status subresource there is none", create(widget()), merge("widgets/w/status", {"status": {"phase": "off"}}))
one("scale of a widget", create(widget(size=3)), get("widgets/w/scale").shown(), merge("widgets/w/scale", {"spec": {"replicas": 5}}).quiet(), shows(get("widgets/w"), "spec.size", "metadata.managedFields"), **SCALE)
one("a widget's table has name and age", create(widget()), shows(table("widgets/w"), "columnDefinitions.*.name", "rows.0.cells.0"))
one("a widget's table has its columns", create(widget(size=4)), shows(Step("GET", place("widgets/w"), headers={"Accept": AS_TABLE}), "columnDefinitions.*.name", "columnDefinitions.*.type", "rows.0.cells"), additionalPrinterColumns=[{"name": "Size", "type": "integer", "jsonPath": ".spec.size"}, {"name": "None", "type": "string", "jsonPath": ".spec.none", "priority": 1}])
one("a widget's list", create(widget()), shows(get("widgets"), "kind", "apiVersion", "items.*.kind"))

# --- server-side apply
one("apply owns what it told, not defaults", apply(widget(color="green")).shown())
one("apply of a set", apply(widget(tags=["a", "b"])), apply(widget(tags=["c"]), "two").only("spec.tags", "metadata.managedFields"), apply(widget(tags=["b"])).only("spec.tags", "metadata.managedFields"))
one("apply of a map list", apply(widget(parts=[{"name": "a", "kind": "nut", "count": 2}])), apply(widget(parts=[{"name": "b", "kind": "nut"}]), "two").only("spec.parts", "metadata.managedFields"))
one("a defaulted key left out is the same item", apply(widget(parts=[{"name": "a"}])), apply(widget(parts=[{"name": "a", "kind": "bolt", "count": 3}])).only("spec.parts", "metadata.managedFields"))
one("an item of a map list told no longer goes", apply(widget(parts=[{"name": "a"}, {"name": "b"}])), apply(widget(parts=[{"name": "b"}])).only("spec.parts"))
one("an atomic list conflicts as a whole", apply(widget(words=["a"])), apply(widget(words=["b"]), "two"))
one("an atomic map conflicts as a whole", apply(widget(box={"a": "1"})), apply(widget(box={"b": "1"}), "two"))
one("a map of strings is owned by key", apply(widget(settings={"a": "1"})), apply(widget(settings={"b": "1"}), "two").only("spec.settings", "metadata.managedFields"))
one("free fields are owned each", apply(widget(free={"a": {"b": 1, "c": [1, 2]}})).only("metadata.managedFields"))
one("an unknown field is refused by apply", apply(widget(extra=1)))
one("an unknown field is pruned by apply with Ignore", apply(widget(extra=1), fieldValidation="Ignore").only("spec", "metadata.managedFields"))
one("an invalid apply is refused", apply(widget(size=0)))
one("a field with a default told no longer", apply(widget(color="green")), apply(widget()).only("spec.color", "metadata.managedFields"))
one("the status is owned apart", apply(widget()), apply({**thing("Widget", "w", version="$NS.example.com/v1"), "status": {"phase": "on"}}, "operator", "widgets/w/status").only("status", "metadata.managedFields"), **STATUS)
one("a status told to the main path is not owned", apply({**widget(), "status": {"phase": "on"}}).only("status", "metadata.managedFields"), **STATUS)
