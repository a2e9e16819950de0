"""The sample repository: a few months of commits by several people, five applications."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

PEOPLE = (
    ("Dana Okafor", "dana@example.com"),
    ("Miguel Santos", "miguel@example.com"),
    ("Priya Raman", "priya@example.com"),
    ("Jonas Weber", "jonas@example.com"),
)


def deployment(name: str, image: str, replicas: int, env: str = "info", fails: str = "") -> str:
    notes = f'\n      annotations: {{gitops-tui.io/demo-fails: "{fails}"}}' if fails else ""
    return f"""apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  labels: {{app: {name}}}
spec:
  replicas: {replicas}
  selector:
    matchLabels: {{app: {name}}}
  template:
    metadata:{notes}
      labels: {{app: {name}}}
    spec:
      containers:
        - name: {name}
          image: {image}
          env:
            - name: LOG_LEVEL
              value: {env}
          ports:
            - containerPort: 8080
          resources:
            requests: {{cpu: 100m, memory: 128Mi}}
            limits: {{cpu: 500m, memory: 256Mi}}
"""


def service(name: str) -> str:
    return f"""apiVersion: v1
kind: Service
metadata:
  name: {name}
spec:
  selector: {{app: {name}}}
  ports:
    - name: http
      port: 80
      targetPort: 8080
"""


def config(name: str, **data: str) -> str:
    lines = "".join(f'  {key}: "{value}"\n' for key, value in data.items())
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n{lines}"


def secret(name: str, value: str) -> str:
    return f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: {name}\nstringData:\n  token: {value}\n"


Files = dict[str, str | None]
APPS = {
    "shop": ("cart", "checkout", "catalogue"),
    "payments": ("gateway", "ledger"),
    "observability": ("grafana", "collector"),
    "web": ("frontend",),
    "search": ("indexer", "query"),
}


def commits() -> list[tuple[int, str, Files]]:
    """(author, subject, files) of each commit, oldest first."""
    made: list[tuple[int, str, Files]] = []
    for number, (app, names) in enumerate(APPS.items()):
        files: Files = {}
        for name in names:
            files[f"apps/{app}/{name}.yaml"] = (
                deployment(name, f"registry.example/{name}:1.0", 2) + "---\n" + service(name)
            )
        files[f"apps/{app}/settings.yaml"] = config(f"{app}-settings", region="eu-west", tier="standard")
        made.append((number % 4, f"Add {app}", files))
    made.append(
        (1, "Give the gateway its token (#12)", {"apps/payments/token.yaml": secret("gateway-token", "demo-only")})
    )
    for version in range(1, 7):
        for step, (app, names) in enumerate(APPS.items()):
            name = names[version % len(names)]
            image = f"registry.example/{name}:1.{version}"
            text = deployment(name, image, 2 + version // 4) + "---\n" + service(name)
            subject = f"Bump {name} to 1.{version} (#{20 + version * 6 + step})"
            made.append(((version + step) % 4, subject, {f"apps/{app}/{name}.yaml": text}))
    made.append(
        (
            0,
            "Flags for the summer sale (#71)",
            {"apps/shop/flags.yaml": config("shop-flags", sale="off", banner="none")},
        )
    )
    made.append(
        (2, "Turn the sale on (#74)", {"apps/shop/flags.yaml": config("shop-flags", sale="on", banner="summer")})
    )
    bad = deployment("query", "registry.example/query:2.0-rc", 2, fails="image") + "---\n" + service("query")
    made.append((3, "Try query 2.0 (#77)", {"apps/search/query.yaml": bad}))
    return made


def application(name: str, repository: Path, *, automated: bool) -> str:
    policy = "    automated: {prune: true, selfHeal: true}\n" if automated else ""
    return f"""apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: {name}
  namespace: argocd
spec:
  project: default
  source:
    repoURL: {repository}
    path: apps/{name}
    targetRevision: main
  destination:
    server: https://kubernetes.default.svc
    namespace: {name}
  syncPolicy:
{policy}    syncOptions: [CreateNamespace=true]
"""


def build(folder: Path) -> list[str]:
    """Makes the repository in an empty folder with GitPython; the SHAs, oldest first."""
    import git

    repository = git.Repo.init(folder, initial_branch="main")
    start = datetime.now(UTC) - timedelta(days=110)
    made = []
    listed = commits()
    for number, (who, subject, files) in enumerate(listed):
        for name, text in files.items():
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            if text is not None:
                place.write_text(text, encoding="utf-8")
        repository.index.add([name for name, text in files.items() if text is not None])
        actor = git.Actor(*PEOPLE[who])
        when = start + timedelta(days=110 * number / len(listed), hours=(number * 7) % 9)
        moment = min(when, datetime.now(UTC) - timedelta(minutes=4))
        commit = repository.index.commit(
            subject, author=actor, committer=actor, author_date=moment, commit_date=moment, skip_hooks=True
        )
        made.append(commit.hexsha)
    repository.close()
    return made
