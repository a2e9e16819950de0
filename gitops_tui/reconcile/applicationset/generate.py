"""An ApplicationSet -> its Application documents, and what is wrong with it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from gitops_tui.errors import ApplicationError, GitOpsError
from gitops_tui.model.text import printable
from gitops_tui.reconcile.applicationset.generators import World, run
from gitops_tui.reconcile.applicationset.params import Filler, Params
from gitops_tui.records import dataclass
from gitops_tui.render.gotemplate import TemplateError
from gitops_tui.render.gotemplate.lists import merged
from gitops_tui.render.gotemplate.texts import from_yaml
from gitops_tui.render.overrides import merge_patch

FINALIZER = "resources-finalizer.argocd.argoproj.io"
_KNOWN = ("goTemplate", "goTemplateOptions", "generators", "template", "templatePatch", "syncPolicy")


@dataclass(frozen=True, slots=True)
class Generated:
    """documents: the Applications, as they would stand in a file. problems: what is wrong; while there is any, nothing
    that was made before is taken away. warnings: what has no effect here."""

    documents: tuple[dict[str, Any], ...]
    problems: tuple[GitOpsError, ...] = ()
    warnings: tuple[str, ...] = ()


def generate(document: Mapping[str, Any], where: str, world: World) -> Generated:
    """Blocking: reads Git. where names the set in errors. Raises nothing: a broken generator stops no other."""
    name = printable(str((document.get("metadata") or {}).get("name") or ""))
    place = f"{where}: ApplicationSet {name}" if name else f"{where}: an ApplicationSet without a name"
    spec = document.get("spec")
    try:
        if not isinstance(spec, Mapping):
            raise ApplicationError("spec is missing")
        return _generate(document, spec, place, world)
    except ApplicationError as error:
        return Generated((), (ApplicationError(f"{place}: {error.message}", hint=error.hint),))


def _generate(document: Mapping[str, Any], spec: Mapping[str, Any], place: str, world: World) -> Generated:
    options = spec.get("goTemplateOptions") or []
    if not isinstance(options, list) or not all(isinstance(each, str) for each in options):
        raise ApplicationError("spec.goTemplateOptions must be a list of texts")
    filler = Filler(spec.get("goTemplate") is True, tuple(options))
    base = _mapping(spec, "template")
    generators = spec.get("generators")
    if not isinstance(generators, list) or not generators:
        raise ApplicationError("spec.generators must be a list with at least one generator")
    warnings = [f"ApplicationSet: spec.{printable(str(key))} has no effect here" for key in spec if key not in _KNOWN]
    policy = _mapping(spec, "syncPolicy")
    warnings += [
        f"ApplicationSet: spec.syncPolicy.{printable(str(key))} has no effect here"
        for key in policy
        if key != "preserveResourcesOnDeletion"
    ]
    problems: list[GitOpsError] = []
    made: dict[str, dict[str, Any]] = {}
    for at, block in enumerate(generators):
        which = f"{place}: generators[{at}]"
        try:
            result = run(block, filler, world)
            template = merged(copy.deepcopy(dict(result.template)), base, over=False)
        except (ApplicationError, TemplateError, RecursionError) as error:
            hint = error.hint if isinstance(error, ApplicationError) else ""
            said = getattr(error, "message", "") or str(error) or "nested too deep"
            problems.append(ApplicationError(f"{which}: {said}", hint=hint))
            continue
        for params in result.params:
            try:
                app = _application(document, spec, template, params, filler, policy)
            except (ApplicationError, TemplateError, RecursionError) as error:
                said = getattr(error, "message", "") or str(error) or "nested too deep"
                problems.append(ApplicationError(f"{which}: {said}"))
                continue
            name = str((app.get("metadata") or {}).get("name") or "")
            if name in made:
                problems.append(
                    ApplicationError(
                        f"{which}: a second Application with the name {printable(name)!r}",
                        hint="the template's metadata.name must be another one for each set of parameters",
                    )
                )
                continue
            made[name] = app
    return Generated(tuple(made.values()), tuple(problems), tuple(warnings))


def _application(
    document: Mapping[str, Any],
    spec: Mapping[str, Any],
    template: Mapping[str, Any],
    params: Params,
    filler: Filler,
    policy: Mapping[str, Any],
) -> dict[str, Any]:
    own = copy.deepcopy(params)
    filled = filler.deep(template, own) if own else copy.deepcopy(dict(template))
    metadata = dict(_mapping(filled, "metadata"))
    if own and not metadata.get("finalizers") and not policy.get("preserveResourcesOnDeletion"):
        metadata["finalizers"] = [FINALIZER]
    app: dict[str, Any] = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": metadata,
        "spec": filled.get("spec"),
    }
    if (patch := spec.get("templatePatch")) is not None:
        app = _patched(app, patch, own, filler)
    # Another namespace would reach across the border that the set's own draws.
    namespace = (document.get("metadata") or {}).get("namespace")
    app["metadata"] = {key: value for key, value in app["metadata"].items() if key != "namespace"}
    if namespace:
        app["metadata"]["namespace"] = namespace
    return app


def _patched(app: dict[str, Any], patch: Any, params: Params, filler: Filler) -> dict[str, Any]:
    """`spec.templatePatch`: merged in; lists are replaced but for finalizers, and the project stays."""
    if not isinstance(patch, str):
        raise ApplicationError("spec.templatePatch must be text")
    try:
        found = from_yaml(filler.text(patch, params))
    except TemplateError as error:
        raise ApplicationError(f"spec.templatePatch: what it makes is no YAML mapping: {error}") from None
    found = _whole_numbers(found)
    before = (app["metadata"].get("finalizers") or []) if isinstance(app["metadata"], Mapping) else []
    made = merge_patch(app, found)
    if not isinstance(made.get("metadata"), dict):
        raise ApplicationError("spec.templatePatch: metadata must be a mapping")
    added = made["metadata"].get("finalizers") or []
    if before or added:
        made["metadata"]["finalizers"] = list(dict.fromkeys([*before, *added]))
    if isinstance(made.get("spec"), dict) and isinstance(app.get("spec"), Mapping):
        made["spec"].pop("project", None)
        if "project" in app["spec"]:
            made["spec"]["project"] = app["spec"]["project"]
    return dict(made)


def _whole_numbers(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: _whole_numbers(each) for key, each in value.items()}
    return [_whole_numbers(each) for each in value] if isinstance(value, list) else value


def _mapping(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ApplicationError(f"{name} must be a mapping")
    return value
