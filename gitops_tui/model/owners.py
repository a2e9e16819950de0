"""Who set a field, as people say it."""

from __future__ import annotations

from gitops_tui.model.drift import Owner

# Where people are told apart, their names follow the tool's in the field manager ("kubectl-edit:dana@example.com").
_TOOLS = tuple(
    f"kubectl{each}"
    for each in (
        "-client-side-apply",
        "-annotate",
        "-autoscale",
        "-create",
        "-expose",
        "-replace",
        "-rollout",
        "-apply",
        "-label",
        "-patch",
        "-scale",
        "-taint",
        "-edit",
        "-run",
        "-set",
        "",
    )
)


def who(owner: Owner) -> str:
    """An owner as people say it: "kubectl-edit", "kubectl-edit by dana", "HorizontalPodAutoscaler"."""
    manager = owner.manager
    if owner.subresource == "scale":
        if manager == "kube-controller-manager":
            return "HorizontalPodAutoscaler"
        if manager == "kubectl":
            return "kubectl scale"
    for tool in _TOOLS:
        if manager == tool:
            return manager
        if (
            manager.startswith(tool)
            and manager[len(tool)] in "-:/@ _("
            and (person := manager[len(tool) :].strip("-:/@ _()"))
        ):
            return f"{tool} by {person}"
    return manager
