"""Objects as text for people: desired or live, Secrets masked. Slow for large ones: call it off the screen's thread."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from gitops_tui.model.drift import Masked
from gitops_tui.model.snapshot import ResourceState


def plain(value: Any) -> Any:
    """JSON values with what is masked as text."""
    if isinstance(value, Masked):
        return str(value)
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value


def yaml_of(state: ResourceState, side: str, *, managed: bool = False, mask_keys: Collection[str] = ()) -> str:
    """The YAML of one side ("git" or "live"), "" where there is none. managed: with metadata.managedFields."""
    from glob import escape

    from gitops_tui.compare import displayable
    from gitops_tui.compare.scrub import clean_owners
    from gitops_tui.render.yamltext import dump

    obj = state.manifest.obj if side == "git" and state.manifest else state.live if side == "live" else None
    if obj is None:
        return ""
    # Which keys of a ConfigMap look like credentials was settled with the verdict.
    masks = [*mask_keys, *(escape(key) for key in state.drift.masked)]
    shown = plain(displayable(obj, mask_keys=masks))
    entries = (obj.get("metadata") or {}).get("managedFields")
    if managed and side == "live" and entries:
        shown["metadata"] = {**shown["metadata"], "managedFields": clean_owners(entries, obj, mask_keys=masks)}
    return dump(shown)


def patch_of(state: ResourceState) -> str:
    """What a sync would change, as a unified text: − as the cluster has it, + as Git says."""
    from gitops_tui.compare import diff_rows
    from gitops_tui.model.diff import RowKind

    made = diff_rows(state.manifest.obj if state.manifest else None, state.live, state.drift)
    lines: list[str] = []
    for each in made.rows:
        if each.kind is RowKind.FOLD:
            lines.append(f"@@ {each.folded} equal lines @@")
        elif each.kind in (RowKind.CHANGED, RowKind.LEFT, RowKind.RIGHT):
            lines += [f"-{each.right.text}"] if each.right else []
            lines += [f"+{each.left.text}"] if each.left else []
        elif cell := each.left or each.right:
            lines.append(f" {cell.text}")
    return "\n".join(lines) + "\n"


def kubectl(state: ResourceState, context: str) -> str:
    """The kubectl command that shows this object, quoted for a shell."""
    import shlex

    key = state.key
    kind = f"{key.kind}.{state.api_version.rpartition('/')[2]}.{key.group}" if key.group else key.kind
    words = ["kubectl", "--context", context, *(["-n", key.namespace] if key.namespace else []), "get", kind, key.name]
    return " ".join(shlex.quote(word) for word in [*words, "-o", "yaml"])
