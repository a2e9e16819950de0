"""Options in the query of a request, checked as the API server checks them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gitops_tui.demo.rules.findings import not_supported, required, shown, too_long
from gitops_tui.demo.status import Fault, FieldError, bad_request, invalid

VALIDATIONS = ("", "Ignore", "Strict", "Warn")


def truth(query: Mapping[str, str], name: str) -> bool:
    """A boolean option. Raises Fault 400."""
    text = query.get(name)
    if text is None or text in ("", "0", "false", "f", "F", "FALSE", "False"):
        return text == ""
    if text in ("1", "true", "t", "T", "TRUE", "True"):
        return True
    # Go's conversion takes whatever is neither "false" nor "0" for true.
    return True


def number(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if text is None or text == "":
        return None
    try:
        return int(text)
    except ValueError:
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def version(text: str) -> int:
    """A resourceVersion. Raises Fault 400."""
    if text in ("", "0"):
        return 0
    if not text.isdecimal() or not text.isascii():
        said = f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
        raise bad_request(f"invalid resource version: {said}")
    return int(text)


def write_errors(query: Mapping[str, str], dry: Iterable[str], *, apply: bool, patch: bool) -> list[FieldError]:
    errors: list[FieldError] = []
    manager = query.get("fieldManager", "")
    if patch:
        if apply:
            if not manager:
                errors.append(required("fieldManager", "is required for apply patch"))
        elif "force" in query and truth(query, "force"):
            errors.append(
                FieldError("FieldValueForbidden", "force", "Forbidden: may not be specified for non-apply patch")
            )
    if len(manager.encode()) > 128:
        errors.append(too_long("fieldManager", 128))
    for at, letter in enumerate(manager):
        if not letter.isprintable():
            said = f"Invalid value: {shown(manager)}: invalid character U+{ord(letter):04X} (at position {at})"
            errors.append(FieldError("FieldValueInvalid", "fieldManager", said))
            break
    listed = list(dry)
    if listed and any(each != "All" for each in listed):
        errors.append(not_supported("dryRun", listed, ("All",)))
    validation = query.get("fieldValidation", "")
    if validation not in VALIDATIONS:
        errors.append(not_supported("fieldValidation", validation, VALIDATIONS, keep_order=True))
    return errors


def check_write(
    kind: str, query: Mapping[str, str], dry: Iterable[str], *, apply: bool = False, patch: bool = False
) -> None:
    """Raises Fault 422 where the options of a write make no sense. kind: CreateOptions, UpdateOptions, PatchOptions."""
    if errors := write_errors(query, dry, apply=apply, patch=patch):
        raise invalid(kind, "meta.k8s.io", "", errors)


def check_list(query: Mapping[str, str], *, watch: bool) -> None:
    """Raises Fault 422 where list options make no sense together."""
    match, at = query.get("resourceVersionMatch", ""), query.get("resourceVersion", "")
    initial = query.get("sendInitialEvents")
    errors: list[FieldError] = []

    def forbidden(name: str, said: str) -> None:
        errors.append(FieldError("FieldValueForbidden", name, f"Forbidden: {said}"))

    if watch:
        if initial is not None and not match:
            forbidden("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
        if match and initial is None:
            forbidden(
                "resourceVersionMatch",
                "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
            )
        elif match and match != "NotOlderThan":
            forbidden("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
            errors.append(not_supported("resourceVersionMatch", match, ("NotOlderThan",)))
    else:
        if initial is not None:
            forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list")
        if match:
            if not at:
                forbidden(
                    "resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided"
                )
            if query.get("continue"):
                forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided")
            if match not in ("Exact", "NotOlderThan"):
                errors.append(
                    not_supported("resourceVersionMatch", match, ("Exact", "NotOlderThan", ""), keep_order=True)
                )
            if match == "Exact" and at == "0":
                forbidden("resourceVersionMatch", 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
    if errors:
        raise invalid("ListOptions", "meta.k8s.io", "", errors)


def too_large(asked: int, current: int) -> Fault:
    """A version that is not reached yet."""
    return Fault(
        504,
        "Timeout",
        f"Timeout: Too large resource version: {asked}, current: {current}",
        [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
        details={"retryAfterSeconds": 1},
    )
