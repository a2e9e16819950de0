"""Whether a CustomResourceDefinition is sound, in the words of k8s.io/apiextensions-apiserver's validation (pkg/apis/
apiextensions/validation)."""

from __future__ import annotations

import re
from typing import Any

from gitops_tui.demo.crds.kinds import is_established
from gitops_tui.demo.crds.schema_rules import has_default, schema_rules
from gitops_tui.demo.rules import names
from gitops_tui.demo.rules.findings import IMMUTABLE, invalid_value, not_supported, required
from gitops_tui.demo.status import FieldError

Obj = dict[str, Any]
_PROTECTED = (".k8s.io", ".kubernetes.io")
_APPROVAL = "api-approved.kubernetes.io"
_COLUMN_TYPES = ("boolean", "date", "integer", "number", "string")
_PATH = "must be a simple json path starting with ."
_SIMPLE_PATH = re.compile(r"^(\.[A-Za-z_][\w-]*|\[['\"][^'\"]+['\"]\])+$")


def validate_definition(crd: Obj, old: Obj | None = None) -> list[FieldError]:
    """What is wrong with a definition, or with the change from the old one."""
    spec = crd.get("spec") or {}
    told = spec.get("names") or {}
    given = spec.get("versions")
    versions = given or []
    if old is not None and (fixed := _fixed(spec, old)):
        return fixed
    errors: list[FieldError] = []
    name = crd["metadata"].get("name") or ""
    if name != f"{told.get('plural') or ''}.{spec.get('group') or ''}":
        errors.append(invalid_value("metadata.name", name, 'must be spec.names.plural+"."+spec.group'))
    errors += _group(crd, spec)
    if not spec.get("scope"):
        errors.append(required("spec.scope"))
    elif spec["scope"] not in ("Cluster", "Namespaced"):
        errors.append(not_supported("spec.scope", spec["scope"], ("Cluster", "Namespaced")))
    for number, each in enumerate(versions):
        errors += _version(each, f"spec.versions[{number}]", alone=len(versions) == 1)
    if spec.get("preserveUnknownFields") and any(has_default(_schema(each)) for each in versions):
        said = "must be false in order to use defaults in the schema"
        errors.append(invalid_value("spec.preserveUnknownFields", True, said))
    if spec.get("preserveUnknownFields") and old is None:
        said = "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
        errors.append(invalid_value("spec.preserveUnknownFields", True, said))
    stored = [each for each in versions if each.get("storage")]
    shown = [_go_version(each) for each in versions] if given is not None else None
    known = [each.get("name") for each in versions]
    if len(set(known)) < len(known):
        errors.append(invalid_value("spec.versions", shown, "must contain unique version names"))
    if len(stored) != 1:
        errors.append(invalid_value("spec.versions", shown, "must have exactly one version marked as storage version"))
    errors += _names(told)
    errors += _conversion(spec.get("conversion") or {})
    if old is None or old.get("spec") != spec:
        errors += _stored(crd, stored, known, is_new=old is None)
    return errors


def _fixed(spec: Obj, old: Obj) -> list[FieldError]:
    """What can't change any more."""
    before = old.get("spec") or {}
    errors: list[FieldError] = []
    if is_established(old):
        if spec.get("scope") != before.get("scope"):
            errors.append(invalid_value("spec.scope", spec.get("scope"), IMMUTABLE))
        kind, was = (spec.get("names") or {}).get("kind"), (before.get("names") or {}).get("kind")
        if kind != was:
            errors.append(invalid_value("spec.names.kind", kind, IMMUTABLE))
    if spec.get("group") != before.get("group"):
        errors.append(invalid_value("spec.group", spec.get("group"), IMMUTABLE))
    plural, was = (spec.get("names") or {}).get("plural"), (before.get("names") or {}).get("plural")
    if plural != was:
        errors.append(invalid_value("spec.names.plural", plural, IMMUTABLE))
    return errors


def _group(crd: Obj, spec: Obj) -> list[FieldError]:
    group = spec.get("group") or ""
    if not group:
        return [required("spec.group")]
    errors = [invalid_value("spec.group", group, said) for said in names.dns_subdomain(group)]
    if not errors and "." not in group:
        errors.append(invalid_value("spec.group", group, "should be a domain with at least one dot"))
    if group.endswith(_PROTECTED) and _APPROVAL not in (crd["metadata"].get("annotations") or {}):
        said = (
            f'protected groups must have approval annotation "{_APPROVAL}", see '
            "https://github.com/kubernetes/enhancements/pull/1111"
        )
        errors.append(required(f"metadata.annotations[{_APPROVAL}]", said))
    return errors


def _names(told: Obj) -> list[FieldError]:
    errors: list[FieldError] = []
    for field in ("plural", "singular", "kind", "listKind"):
        value = told.get(field)
        if not value:
            errors.append(required(f"spec.names.{field}"))
            continue
        checked = value.lower() if field in ("kind", "listKind") else value
        errors += [invalid_value(f"spec.names.{field}", value, said) for said in names.dns_1035_label(checked)]
    for field in ("shortNames", "categories"):
        for number, value in enumerate(told.get(field) or ()):
            at = f"spec.names.{field}[{number}]"
            errors += [invalid_value(at, value, said) for said in names.dns_1035_label(value)]
    if told.get("kind") and told.get("kind") == told.get("listKind"):
        errors.append(invalid_value("spec.names.listKind", told["listKind"], "kind and listKind may not be the same"))
    return errors


def _conversion(conversion: Obj) -> list[FieldError]:
    strategy = conversion.get("strategy")
    if strategy is None or strategy == "None":
        return []
    if strategy != "Webhook":
        return [not_supported("spec.conversion.strategy", strategy, ("None", "Webhook"))]
    webhook = conversion.get("webhook") or {}
    errors: list[FieldError] = []
    if not webhook.get("clientConfig"):
        said = "required when strategy is set to Webhook"
        errors.append(required("spec.conversion.webhookClientConfig", said))
    if not webhook.get("conversionReviewVersions"):
        errors.append(required("spec.conversion.conversionReviewVersions"))
    return errors


def _stored(crd: Obj, stored: list[Obj], known: list[Any], *, is_new: bool) -> list[FieldError]:
    at = "status.storedVersions"
    told = (crd.get("status") or {}).get("storedVersions") or []
    if is_new:
        told = [each["name"] for each in stored][:1]
    if not told:
        return [invalid_value(at, None, "must have at least one stored version")]
    errors: list[FieldError] = []
    wanted = stored[-1]["name"] if stored else ""
    for number, name in enumerate(told):
        if name not in known:
            said = (
                f"missing from spec.versions; {name} was previously a storage version, and must remain in spec.versions "
                f"until a storage migration ensures no data remains persisted in {name} and removes {name} from "
                "status.storedVersions"
            )
            errors.append(invalid_value(f"{at}[{number}]", name, said))
    if is_new and wanted and wanted not in told:
        errors.append(invalid_value(at, told, f"must have the storage version {wanted}"))
    return errors


def _go_version(found: Obj) -> Obj:
    return {
        "Name": found.get("name", ""),
        "Served": found.get("served", False),
        "Storage": found.get("storage", False),
        "Deprecated": found.get("deprecated", False),
        "DeprecationWarning": found.get("deprecationWarning"),
        "Schema": None,
        "Subresources": None,
        "AdditionalPrinterColumns": None,
        "SelectableFields": None,
    }


# --- one version ----------------------------------------------------------------------------------------------------


def _schema(version: Obj) -> Any:
    return (version.get("schema") or {}).get("openAPIV3Schema")


def _version(version: Obj, at: str, *, alone: bool) -> list[FieldError]:
    """alone: a version that is the only one is told at the top, as the server keeps it."""
    name = version.get("name") or ""
    errors = [invalid_value(f"{at}.name", name, said) for said in names.dns_1035_label(name)]
    schema = _schema(version)
    where = "spec.validation.openAPIV3Schema" if alone else f"{at}.schema.openAPIV3Schema"
    if schema is None:
        errors.append(required(f"{at}.schema.openAPIV3Schema"))
    elif isinstance(schema, dict):
        errors += schema_rules(schema, where)
    errors += _subresources(version.get("subresources") or {}, "spec.subresources" if alone else f"{at}.subresources")
    top = "spec" if alone else at
    for number, column in enumerate(version.get("additionalPrinterColumns") or ()):
        errors += _column(column, f"{top}.additionalPrinterColumns[{number}]")
    for number, each in enumerate(version.get("selectableFields") or ()):
        errors += _selectable(each, schema or {}, f"{top}.selectableFields[{number}].jsonPath")
    return errors


def _column(column: Obj, at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    if not column.get("name"):
        errors.append(required(f"{at}.name"))
    kind = column.get("type")
    if not kind:
        errors.append(required(f"{at}.type", f"must be one of {','.join(_COLUMN_TYPES)}"))
    elif kind not in _COLUMN_TYPES:
        errors.append(invalid_value(f"{at}.type", kind, f"must be one of {','.join(_COLUMN_TYPES)}"))
    path = column.get("jsonPath") or ""
    if not path:
        errors.append(required(f"{at}.JSONPath"))
    elif not path.startswith("."):
        errors.append(invalid_value(f"{at}.JSONPath", path, _PATH))
    return errors


def _subresources(found: Obj, at: str) -> list[FieldError]:
    scale = found.get("scale")
    if not isinstance(scale, dict):
        return []
    errors: list[FieldError] = []
    wanted: dict[str, tuple[str, ...]] = {"specReplicasPath": (".spec",), "statusReplicasPath": (".status",)}
    if scale.get("labelSelectorPath"):
        wanted["labelSelectorPath"] = (".spec", ".status")
    for field, below in wanted.items():
        path = scale.get(field) or ""
        if not path:
            errors.append(required(f"{at}.scale.{field}"))
        elif not _SIMPLE_PATH.match(path):
            errors.append(invalid_value(f"{at}.scale.{field}", path, _PATH))
        elif not path.startswith(tuple(f"{each}." for each in below)):
            said = f"should be a json path under {' or '.join(below)}"
            errors.append(invalid_value(f"{at}.scale.{field}", path, said))
    return errors


def _selectable(found: Obj, schema: Obj, at: str) -> list[FieldError]:
    path = found.get("jsonPath") or ""
    if not path:
        return [required(at)]
    place: Any = schema
    for step in path.strip(".").split("."):
        place = (place.get("properties") or {}).get(step) if isinstance(place, dict) else None
    if not isinstance(place, dict):
        return [invalid_value(at, path, "is an invalid path: does not refer to a valid field")]
    if place.get("type") not in ("string", "boolean", "integer"):
        said = (
            "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are "
            "allowed."
        )
        return [invalid_value(at, path, said)]
    return []
