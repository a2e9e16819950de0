"""The forge's page on which a pull or merge request for a pushed branch is opened."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from gitops_tui.errors import CloneError
from gitops_tui.git.address import Address

FORGES = ("github", "gitlab", "bitbucket", "gitea", "azure")


def pull_request_url(url: str, branch: str, into: str, forges: Mapping[str, str] | None = None) -> str:
    """Where to open a request to merge `branch` into `into`; "" where the forge is not known. `url` may hold
    credentials, the answer never does. forges: host -> one of FORGES; forges on own hosts are else told by their host's
    name (`gitlab.example.com`)."""
    try:
        address = Address.parse(url)
    except CloneError:
        return ""
    host, path = address.host.lower(), address.path.removesuffix("/").removesuffix(".git")
    page = _page(address, host)
    head, base = quote(branch, safe="/"), quote(into, safe="/")
    kind = (forges or {}).get(host, "").lower()
    if kind == "azure" or "dev.azure.com" in host or host.endswith("visualstudio.com"):
        if kind == "azure" and not host.endswith(("dev.azure.com", "visualstudio.com")):
            # Azure DevOps Server: the address of the repository is the one of its page.
            return (
                f"{page}/{_quoted(path)}/pullrequestcreate?sourceRef={head}&targetRef={base}" if "_git/" in path else ""
            )
        return _azure(host, path, head, base)
    if host == "bitbucket.org":
        return f"{page}/{quote(path)}/pull-requests/new?source={quote(branch, safe='')}&dest={quote(into, safe='')}"
    if kind == "bitbucket" or (not kind and _named(host, "bitbucket", "stash")):
        found = re.fullmatch(r"(?:scm/)?(~?[^/]+)/([^/]+)", path)
        if not found:
            return ""
        project = f"users/{found[1][1:]}" if found[1].startswith("~") else f"projects/{found[1].upper()}"
        return (
            f"{page}/{quote(project)}/repos/{quote(found[2])}/pull-requests?create"
            f"&sourceBranch={quote('refs/heads/' + branch, safe='')}&targetBranch={quote('refs/heads/' + into, safe='')}"
        )
    if kind == "gitlab" or (not kind and _named(host, "gitlab")):
        return (
            f"{page}/{quote(path)}/-/merge_requests/new?merge_request%5Bsource_branch%5D={quote(branch, safe='')}"
            f"&merge_request%5Btarget_branch%5D={quote(into, safe='')}"
        )
    if kind == "github" or (not kind and _named(host, "github")):
        return f"{page}/{quote(path)}/compare/{base}...{head}?expand=1"
    if kind == "gitea" or (not kind and (_named(host, "gitea", "forgejo") or host == "codeberg.org")):
        return f"{page}/{quote(path)}/compare/{base}...{head}"
    return ""


def _quoted(path: str) -> str:
    return path if "%" in path else quote(path)


def _named(host: str, *names: str) -> bool:
    return any(re.search(rf"(^|[.-]){name}([.-]|$)", host) for name in names)


def _page(address: Address, host: str) -> str:
    if address.scheme in ("https", "http"):
        return address.origin
    # An ssh address says nothing about the port of the page.
    return "https://" + {
        "ssh.github.com": "github.com",
        "altssh.gitlab.com": "gitlab.com",
        "altssh.bitbucket.org": "bitbucket.org",
    }.get(host, host)


def _azure(host: str, path: str, head: str, base: str) -> str:
    parts = [part for part in path.split("/") if part]
    if parts[:1] == ["v3"] and len(parts) == 4:  # ssh: v3/organisation/project/repository
        organisation, project, repository = parts[1:]
    elif "_git" in parts:
        at = parts.index("_git")
        if host.endswith("visualstudio.com"):
            organisation = host.split(".", 1)[0]
            parts = [part for part in parts if part.lower() != "defaultcollection"]
            at = parts.index("_git")
            project = parts[at - 1] if at else (parts[at + 1] if len(parts) > at + 1 else "")
        else:
            organisation, project = parts[0], parts[1] if at > 1 else (parts[at + 1] if len(parts) > at + 1 else "")
        repository = parts[at + 1] if len(parts) > at + 1 else ""
    else:
        return ""
    if not organisation or not project or not repository:
        return ""
    return (
        f"https://dev.azure.com/{quote(organisation)}/{project if '%' in project else quote(project)}/_git/"
        f"{repository if '%' in repository else quote(repository)}/pullrequestcreate?sourceRef={head}&targetRef={base}"
    )
