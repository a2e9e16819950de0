"""The user's own settings: one YAML file, `$GITOPS_TUI_CONFIG` or `gitops-tui/config.yaml` in the user's
configuration folder. Nothing from a repository ever gets in here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitops_tui.errors import ConfigError
from gitops_tui.healthscripts import HealthScript, is_customization, scripts_in_folder, scripts_in_settings
from gitops_tui.model.application import IgnoreRule
from gitops_tui.pluginsettings import Plugin, plugins_from
from gitops_tui.records import dataclass, field

if TYPE_CHECKING:
    from gitops_tui.model.windows import SyncWindow

FIELD_MANAGER = "gitops-tui"
# Of what a person does to one object, beside syncing.
ACTION_MANAGER = "gitops-tui-action"
TRACKING_ANNOTATION = "gitops-tui.io/tracking-id"
APPLICATION_LABEL = "gitops-tui.io/application"


def _folder(variable: str, fallback: str) -> Path:
    base = os.environ.get(variable) or str(Path.home() / fallback)
    return Path(base) / "gitops-tui"


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings with their defaults.

    state_namespace: where pause, pin, history and inventory are kept in each cluster. git_interval: seconds between
    two looks at a remote repository (up to half as much is added at random). git_timeout, render_timeout, request_timeout:
    seconds. render_memory: bytes that a plugin, Jsonnet, helm or kustomize may use. plugins: commands that render, see `pluginsettings`.
    sops: decrypt Secrets that SOPS encrypted, in memory, with the user's own keys. git_partial: clone without the contents of files, which come when they are read. submodules: read them too, over https and ssh. require_signed: no revision
    without a verified signature is ever deployed. argocd_namespace: where
    Argo CD's repository Secrets are looked for ("" for nowhere). forges: host -> github, gitlab, bitbucket, gitea or azure,
    for the links to open a pull request. max_manifest_bytes: of one application's sources. max_chart_bytes, max_unpacked_chart_bytes: of one
    chart's archive, and of what is in it (also of an index). chart_dependencies: fetch what a chart in Git depends on and does not hold.
    render_cache_bytes: of what was rendered, on disk. helm_in_process: render charts by Helm's library where the extra `helm` is
    installed. kustomize_versions: version -> program,
    for applications that ask for one. concurrency: writes under way at once for one cluster. qps: requests a second to one
    cluster (0: no limit but the API server's own), burst: how many may go at once after a quiet moment. sync_at_once: applications under way at once in a sync of many.
    wave_timeout: how long a wave may take to become healthy, and what is pruned to go. hook_timeout: how long a hook may
    run. reconnect_timeout: how long a sync waits for an API server that does not answer. adoption: what a sync does with
    objects that are there already and not ours: "refuse", "adopt-if-unowned" (refuse what another tool or application
    manages) or "adopt". history_limit: syncs kept for an application.
    client_managers: field managers whose client-side apply counts as ours until our first sync. confirm: settle a
    local "Modified" by a dry run on the server. ignore_differences: rules as in an Application's
    `spec.ignoreDifferences`, for all applications, or with `application` for those it names. mask_keys: globs for keys of ConfigMaps whose values are shown masked
    as a Secret's are. keys: action -> key, over the table's defaults. drifted_first: drifted
    applications float up. run_child_applications: `Application`s and
    `ApplicationSet`s that an application holds in Git are applications of this session too. max_applications: how many of
    them all. cluster_labels: context -> "label=value,label=value", for the selectors of clusters generators.
    owned_by_custom_resources: what custom resources own is looked for and followed where somebody looks at their application.
    sync_windows: when syncs may begin, as in an AppProject's `spec.syncWindows`, for the applications that each names.
    missing_project: whether an application may be synced whose project does not exist: "refuse", "allow", or "auto",
        which refuses where there are AppProjects at all.
    read_only: nothing is changed anywhere. health_scripts: Lua that decides the health of a kind,
    from the keys `resource.customizations.health.<group>_<kind>` and from health_folder. log_lines: how many lines the
    view of logs keeps.
    """

    state_namespace: str = "gitops-tui"
    git_interval: float = 120.0
    git_timeout: float = 300.0
    git_partial: bool = True
    submodules: bool = False
    require_signed: bool = False
    argocd_namespace: str = "argocd"
    forges: Mapping[str, str] = field(default_factory=dict)
    render_timeout: float = 90.0
    request_timeout: float = 30.0
    max_manifest_bytes: int = 50_000_000
    max_chart_bytes: int = 20_000_000
    max_unpacked_chart_bytes: int = 100_000_000
    chart_dependencies: bool = True
    render_cache_bytes: int = 500_000_000
    concurrency: int = 8
    qps: float = 0.0
    burst: int = 100
    sync_at_once: int = 4
    wave_timeout: float = 300.0
    hook_timeout: float = 3600.0
    reconnect_timeout: float = 60.0
    adoption: str = "adopt-if-unowned"
    history_limit: int = 30
    client_managers: tuple[str, ...] = (
        "kubectl-client-side-apply",
        "helm",
        "argocd-controller",
        "kustomize-controller",
    )
    confirm: bool = True
    ignore_differences: tuple[IgnoreRule, ...] = ()
    mask_keys: tuple[str, ...] = (
        "*password*",
        "*passwd*",
        "*secret*",
        "*token*",
        "*apikey*",
        "*api_key*",
        "*api-key*",
        "*private*key*",
        "*credential*",
    )
    allow_remote_bases: bool = False
    helm_in_process: bool = True
    kustomize_versions: Mapping[str, str] = field(default_factory=dict)
    render_memory: int = 2_000_000_000
    plugins: tuple[Plugin, ...] = ()
    sops: bool = False
    run_child_applications: bool = False
    max_applications: int = 2000
    cluster_labels: Mapping[str, str] = field(default_factory=dict)
    sync_windows: tuple[SyncWindow, ...] = ()
    missing_project: str = "auto"
    theme: str = ""
    drifted_first: bool = True
    owned_by_custom_resources: bool = True
    log_lines: int = 50_000
    read_only: bool = False
    keys: Mapping[str, str] = field(default_factory=dict)
    health_scripts: tuple[HealthScript, ...] = ()
    health_folder: Path | None = None
    cache_folder: Path = field(default_factory=lambda: _folder("XDG_CACHE_HOME", ".cache"))
    state_folder: Path = field(default_factory=lambda: _folder("XDG_STATE_HOME", ".local/state"))


def settings_file() -> Path:
    """Where the settings file is looked for."""
    named = os.environ.get("GITOPS_TUI_CONFIG")
    return Path(named).expanduser() if named else _folder("XDG_CONFIG_HOME", ".config") / "config.yaml"


def missing_file() -> Path | None:
    """The settings file that the environment names and that is not there: what it should say, `read_only` too, is lost."""
    return settings_file() if os.environ.get("GITOPS_TUI_CONFIG") and not settings_file().exists() else None


def load_settings(path: Path | None = None) -> Settings:
    """The settings in `path` (default: `settings_file()`; none there means the defaults).

    Raises ConfigError with file and field for what is not understood.
    """
    path = path or settings_file()
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the settings file {path} can't be read: {error}") from error
    import yaml

    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"the settings file {path} is not valid YAML: {error}") from error
    if data is None:
        return Settings()
    if not isinstance(data, dict):
        raise ConfigError(f"the settings file {path} must hold a mapping, not a {type(data).__name__}")
    return settings_from(data, str(path))


def settings_from(data: Mapping[str, Any], where: str) -> Settings:
    """Settings from a mapping; `where` names it in errors. Raises ConfigError."""
    known = set(Settings.__annotations__) - {"health_scripts"}
    values: dict[str, Any] = {}
    defaults = Settings()
    for name, value in data.items():
        if is_customization(name):
            continue
        if name not in known:
            raise ConfigError(f"{where}: unknown setting {name!r}", hint=f"known settings: {', '.join(sorted(known))}")
        if name == "ignore_differences":
            values[name] = _rules(value, where)
        elif name == "plugins":
            values[name] = plugins_from(value, where)
        elif name == "sync_windows":
            from gitops_tui.windowsettings import windows_from  # few have any: what reads them takes time to import

            values[name] = windows_from(value, where)
        elif name == "health_folder":
            values[name] = _convert(name, value, Path(), where)
        elif name in _WORDS and value not in _WORDS[name]:
            raise ConfigError(f"{where}: {name} must be one of {', '.join(_WORDS[name])}, not {value!r}")
        else:
            values[name] = _convert(name, value, getattr(defaults, name), where)
    scripts = scripts_in_settings(data, where)
    if folder := values.get("health_folder"):
        # The settings file comes first: it is nearer to the person than a folder that may be shared.
        named = {each.name for each in scripts}
        scripts += tuple(each for each in scripts_in_folder(folder) if each.name not in named)
    return Settings(**values, health_scripts=scripts)


# Numbers that may be 0, for no limit.
_ZERO = frozenset({"qps"})
_WORDS = {"adoption": ("refuse", "adopt-if-unowned", "adopt"), "missing_project": ("auto", "refuse", "allow")}
_RULE_TEXTS = {"application": "application", "group": "group", "kind": "kind", "name": "name", "namespace": "namespace"}
_RULE_LISTS = {
    "jsonPointers": "json_pointers",
    "jqPathExpressions": "jq_path_expressions",
    "managedFieldsManagers": "managed_fields_managers",
}


def _rules(value: Any, where: str) -> tuple[IgnoreRule, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(rule, dict) for rule in value):
        raise ConfigError(f"{where}: ignore_differences must be a list of rules, not {value!r}")
    made = []
    for number, rule in enumerate(value):
        place = f"{where}: ignore_differences[{number}]"
        words: dict[str, Any] = {}
        for name, given in rule.items():
            if name in _RULE_TEXTS and isinstance(given, str):
                words[_RULE_TEXTS[name]] = given
            elif name in _RULE_LISTS and isinstance(given, list) and all(isinstance(each, str) for each in given):
                words[_RULE_LISTS[name]] = tuple(given)
            elif name in _RULE_TEXTS or name in _RULE_LISTS:
                wanted = "text" if name in _RULE_TEXTS else "a list of texts"
                raise ConfigError(f"{place}.{name} must be {wanted}, not {given!r}")
            else:
                known = ", ".join((*_RULE_TEXTS, *_RULE_LISTS))
                raise ConfigError(f"{place}: unknown field {name!r}", hint=f"known fields: {known}")
        if not any(words.get(name) for name in _RULE_LISTS.values()):
            raise ConfigError(f"{place} ignores nothing", hint=f"give one of {', '.join(_RULE_LISTS)}")
        made.append(IgnoreRule(**words, source="setting ignore_differences"))
    return tuple(made)


def _convert(name: str, value: Any, default: Any, where: str) -> Any:
    wanted = type(default)
    if isinstance(default, bool):
        if isinstance(value, bool):
            return value
    elif isinstance(default, int | float):
        if (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and (value > 0 or (not value and name in _ZERO))
        ):
            return wanted(value)
        raise ConfigError(f"{where}: {name} must be a number above 0, not {value!r}")
    elif isinstance(default, Path):
        if isinstance(value, str) and value:
            return Path(value).expanduser()
    elif isinstance(default, tuple):
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
    elif isinstance(default, Mapping):
        if isinstance(value, dict) and all(isinstance(k, str) and isinstance(v, str) for k, v in value.items()):
            return value
    elif isinstance(value, str):
        return value
    raise ConfigError(f"{where}: {name} must be like {default!r}, not {value!r}")
