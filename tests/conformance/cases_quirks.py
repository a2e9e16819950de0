"""What random writes have found (test_fuzz.py), one case each."""

from __future__ import annotations

from tests.conformance.case_steps import Table, apply, create, merge, put, strategic, thing
from tests.conformance.cases_custom import GONE, made, widget

# fmt: off
TABLE = case = Table("quirks")
RBAC = "rbac.authorization.k8s.io/v1"
EMPTY = {**thing("Role", "r", version=RBAC), "rules": []}

case("an empty list is stored as null", apply(EMPTY).only("rules", "metadata.managedFields"))
case("an empty list told again by an update changes its owner", apply(EMPTY), merge("roles/r", {"rules": []}, fieldManager="two").only("metadata.managedFields"))
case("a map of a custom resource emptied by its applier is null, and refused", made(), apply(widget(settings={"a": "1"})), apply(widget(settings={})), GONE)
case("a null of a custom resource is refused in an apply", made(), apply(widget(note=None)), GONE)
case("a null of a custom resource is dropped where it is created", made(), create(widget(note=None)).only("spec"), GONE)
case("an update makes a role that is not there", put({**thing("Role", "r", version=RBAC), "rules": []}).only("rules", "metadata.managedFields"))
case("a strategic patch's new port comes first", create(thing("Service", "s", {"ports": [{"port": 80, "name": "a"}, {"port": 82, "name": "c"}]})), strategic("services/s", {"spec": {"ports": [{"port": 82, "name": "c"}, {"port": 81, "name": "b"}]}}).only("spec.ports.*.port"))
