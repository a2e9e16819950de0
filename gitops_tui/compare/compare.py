"""The verdict on one object: would applying Git now change it?

First a quick look whether all that Git sets is there (`quick`) and whether Git still sets all that we own (`ownership`):
that is the end for an object in sync. Where it isn't sure, two walks tell the differences: over what Git sets (`walk`)
and over what we own and Git no longer sets (`removed`). Then ignore rules hide some of them (`ignore`), and a Secret's
values are masked (`show`). Where the schema doesn't tell, the API server's dry run settles it (`confirm`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gitops_tui.compare.fields import LAST_APPLIED, OUR_MARKS
from gitops_tui.compare.ignore import Hidden, Rule, hide
from gitops_tui.compare.ownership import covered, managed
from gitops_tui.compare.quick import agrees
from gitops_tui.compare.removed import removed
from gitops_tui.compare.show import Masks, masked_keys
from gitops_tui.compare.values import normalised
from gitops_tui.compare.walk import Walk
from gitops_tui.model.drift import NO_DRIFT, Drift, DriftKind
from gitops_tui.model.keys import ResourceKey
from gitops_tui.schema import Node, SchemaSet, builtin, from_structural
from gitops_tui.settings import FIELD_MANAGER

CLIENT_MANAGERS = ("kubectl-client-side-apply", "helm", "argocd-controller", "kustomize-controller")


def compare(
    desired: Mapping[str, Any] | None,
    live: Mapping[str, Any] | None,
    *,
    schema: SchemaSet | Node | Mapping[str, Any] | None = None,
    field_manager: str = FIELD_MANAGER,
    ignore: Sequence[Rule] = (),
    client_managers: Sequence[str] = CLIENT_MANAGERS,
    mask_keys: Sequence[str] = (),
) -> Drift:
    """Compares what Git renders with what the API server has. Pure; takes any JSON and never raises on it.

    desired: None where Git has the object no longer (Extra); live: None where it is not there (Missing).
    schema: a SchemaSet, a kind's Node, or a custom kind's structural schema as its CRD holds it (`openAPIV3Schema`);
    default: the built-in kinds. field_manager: whose server-side applied fields are ours. ignore: IgnoreRules, or rules
    as they stand in `spec.ignoreDifferences`. client_managers: whose fields count as ours while our manager has none yet. mask_keys:
    globs for the keys of a ConfigMap whose values are masked as a Secret's are.

    >>> service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}}
    >>> live = {**service, "spec": {"clusterIP": "10.0.0.7", "ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}]}}
    >>> compare(service, live).is_drifted
    False
    >>> drift = compare(service, {**live, "spec": {"ports": [{"port": 81, "protocol": "TCP", "targetPort": 80}]}})
    >>> [(each.path, each.reason.value) for each in drift.differences]
    [('spec.ports[port=80,protocol=TCP]', 'set in Git and not in the cluster')]
    >>> compare(service, None).kind.value
    'Missing'

    A custom kind, with the schema of its CRD:

    >>> gauge = {"apiVersion": "a.example/v1", "kind": "Gauge", "metadata": {"name": "g"}, "spec": {"max": "1Gi"}}
    >>> quantity = {"x-kubernetes-int-or-string": True}
    >>> own = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"max": quantity}}}}
    >>> stored = {**gauge, "spec": {"max": "1024Mi"}}
    >>> compare(gauge, stored).is_drifted, compare(gauge, stored, schema=own).is_drifted
    (True, False)

    A rule hides a difference, and says so:

    >>> rule = {"group": "a.example", "kind": "Gauge", "jsonPointers": ["/spec/max"]}
    >>> drift = compare(gauge, {**gauge, "spec": {"max": "2Gi"}}, ignore=[rule])
    >>> drift.is_drifted, [(each.path, each.ignored_by) for each in drift.hidden]
    (False, [('spec.max', 'ignoreDifferences: /spec/max')])
    """
    if desired.__class__ is not dict or live.__class__ is not dict:
        desired, live = _object(desired), _object(live)
    masked = masked_keys(mask_keys, desired, live) if mask_keys else ()
    clean = Drift(DriftKind.NONE, masked=masked) if masked else NO_DRIFT
    if desired is None or live is None:
        if desired is None and live is None:
            return NO_DRIFT
        return Drift(DriftKind.EXTRA if desired is None else DriftKind.MISSING, masked=masked)
    node = node_for(schema, desired)
    wanted, there = normalised(desired), normalised(live, desired)
    if _plainly_in_sync(wanted, there, desired, node, field_manager, client_managers):
        return clean
    walk = walked(wanted, there, node, field_manager, client_managers)
    if not walk.found:
        return clean
    result = Hidden(tuple(difference for difference, _ in walk.found))
    if ignore:

        def again(left: Mapping[str, Any], right: Mapping[str, Any]) -> Walk:
            return walked(left, right, node, field_manager, client_managers)

        result = hide(walk, ignore, _key(desired), again)
    left, hidden = result.left, result.hidden
    if masked or desired.get("kind") == "Secret":
        masks, keys = Masks(), None if desired.get("kind") == "Secret" else masked
        left, hidden = tuple(masks.differences(left, keys)), tuple(masks.differences(hidden, keys))
    return Drift(
        DriftKind.MODIFIED if left else DriftKind.NONE,
        left,
        len(hidden),
        warnings=result.warnings,
        hidden=hidden,
        masked=masked,
        types=node,
    )


def _object(value: Any) -> Mapping[str, Any] | None:
    """What is no object has no fields."""
    return value if value is None or isinstance(value, Mapping) else {}


def walked(
    desired: Mapping[str, Any],
    live: Mapping[str, Any],
    node: Node | None,
    field_manager: str = FIELD_MANAGER,
    client_managers: Sequence[str] = CLIENT_MANAGERS,
) -> Walk:
    """Both walks over two normalised objects."""
    walk = Walk(desired, live, node, field_manager)
    walk.run()
    removed(walk, field_manager, client_managers)
    return walk


def _plainly_in_sync(
    desired: Mapping[str, Any],
    live: Mapping[str, Any],
    written: Mapping[str, Any],
    node: Node | None,
    field_manager: str,
    client_managers: Sequence[str],
) -> bool:
    """written: the desired object as it stands in Git, which is what field sets speak of."""
    try:
        if not isinstance(desired, dict) or not isinstance(live, dict) or not agrees(desired, live, node):
            return False
        clients = []
        ours = False
        for entry in managed(live):
            if entry["manager"] == field_manager and entry.get("operation") == "Apply":
                ours = True
                if not entry.get("subresource") and not _covers(written, desired, entry["fieldsV1"]):
                    return False
            elif entry["manager"] in client_managers and not entry.get("subresource"):
                clients.append(entry["fieldsV1"])
        if ours:
            return True
        if clients:
            return all(_covers(written, desired, fields) for fields in clients)
        notes = live.get("metadata", {}).get("annotations")
        return notes is None or (isinstance(notes, dict) and LAST_APPLIED not in notes)
    except (RecursionError, AttributeError, TypeError):
        # Deep nesting, or a form that no API server gives: the walks are made for that.
        return False


def _covers(written: Mapping[str, Any], desired: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
    return covered(fields, written, OUR_MARKS) or (written is not desired and covered(fields, desired, OUR_MARKS))


def _key(obj: Mapping[str, Any]) -> ResourceKey:
    metadata = obj.get("metadata")
    return ResourceKey.of({**obj, "metadata": metadata if isinstance(metadata, dict) else {}})


def node_for(schema: SchemaSet | Node | Mapping[str, Any] | None, desired: Mapping[str, Any]) -> Node | None:
    """The type of an object: as `compare` takes a schema."""
    if schema is None or isinstance(schema, SchemaSet):
        return (schema or builtin()).node_of(desired.get("apiVersion"), desired.get("kind"))
    if isinstance(schema, Node):
        return schema
    return from_structural(schema) if isinstance(schema, Mapping) else None
