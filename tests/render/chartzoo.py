"""Charts of our own with something of everything that charts do, for comparing two ways of rendering them."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

NUMBERS = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-numbers
  labels: {{- include "web.labels" . | nindent 4 }}
data:
  kinds: "{{ range $k, $v := .Values }}{{ $k }}={{ kindOf $v }} {{ end }}"
  port: "{{ .Values.port }}"
  big: "{{ .Values.big }} {{ int64 .Values.big }}"
  float: "{{ .Values.float }}"
  typed: "{{ if kindIs "int64" .Values.port }}{{ eq .Values.port 8080 }}{{ end }}"
  sum: {{ add .Values.port 1 | quote }}
  deep: {{ .Values.deep | toYaml | quote }}
  deepjson: {{ .Values.deep | toJson | quote }}
  list: {{ toJson .Values.list | quote }}
  text: {{ .Values.text | quote }}
  gone: {{ hasKey .Values "gone" | quote }}
"""
HELPERS = """\
{{- define "web.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}
"""
CAPABILITIES = """\
{{- if .Capabilities.APIVersions.Has "monitoring.coreos.com/v1" }}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: watched}
{{- end }}
---
{{ if semverCompare ">=1.29" .Capabilities.KubeVersion.Version }}
apiVersion: v1
kind: Service
metadata: {name: new, annotations: {kube: "{{ .Capabilities.KubeVersion }} {{ .Capabilities.KubeVersion.Minor }}"}}
{{ else }}
apiVersion: v1
kind: Service
metadata: {name: old}
{{ end }}
---
# only a comment
---
apiVersion: v1
kind: ConfigMap
metadata: {name: lookup, namespace: {{ .Release.Namespace }}}
data:
  found: {{ lookup "v1" "Secret" "default" "x" | toJson | quote }}
  install: "{{ .Release.IsInstall }} {{ .Release.IsUpgrade }} {{ .Release.Revision }} {{ .Release.Service }}"
  here: {{ .Template.Name }} {{ .Template.BasePath }}
"""
HOOKS = """\
apiVersion: batch/v1
kind: Job
metadata:
  name: before
  annotations:
    "helm.sh/hook": pre-install, pre-upgrade
    "helm.sh/hook-weight": "-5"
    helm.sh/hook-delete-policy: before-hook-creation
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: plain}
---
apiVersion: v1
kind: Secret
metadata: {name: hooked, annotations: {helm.sh/hook: post-install}}
stringData: {port: "{{ .Values.port }}"}
---
apiVersion: example.com/v1
kind: Zebra
metadata: {name: z, annotations: {helm.sh/hook: pre-install}}
---
apiVersion: example.com/v1
kind: Ape
metadata: {name: a, annotations: {helm.sh/hook: pre-install}}
---
apiVersion: v1
kind: Pod
metadata: {name: no-such-hook, annotations: {helm.sh/hook: sometimes}}
"""
TEST = """\
apiVersion: v1
kind: Pod
metadata: {name: "{{ .Release.Name }}-test", annotations: {"helm.sh/hook": test}}
"""
FILES = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: files}
data:
  one: {{ .Files.Get "files/one.txt" | quote }}
  {{- (.Files.Glob "files/*").AsConfig | nindent 2 }}
  lines: "{{ range .Files.Lines "files/one.txt" }}<{{ . }}>{{ end }}"
binaryData: {{ (.Files.Glob "files/*.bin").AsSecrets | nindent 2 }}
"""
TPL = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: tpl}
data:
  tpl: {{ tpl .Values.template . | quote }}
  sha: {{ .Values | toJson | sha256sum }}
  required: {{ required "port is needed" .Values.port | quote }}
  toml: {{ .Values.deep | toToml | quote }}
"""
VALUES = """\
port: 80
big: 12345678901
float: 2.50
text: "0017"
template: "{{ .Release.Name }}:{{ .Values.port }}"
deep: {a: {b: 1, c: [1, 2, {d: 3}]}, on: yes, n: null}
list: [1, "two", 3.5, null]
gone: here
global: {zone: eu, size: 5}
extra: []
"""
CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: others.example.com}
"""
CHILD = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-{{ .Chart.Name }}}
data:
  size: "{{ .Values.size }} {{ kindOf .Values.size }}"
  global: {{ .Values.global | toJson | quote }}
  all: {{ .Values | toJson | quote }}
  {{- include "shared.note" . | nindent 2 }}
---
apiVersion: v1
kind: Pod
metadata: {name: {{ .Chart.Name }}-hook, annotations: {helm.sh/hook: post-install}}
"""
PARENT = """\
apiVersion: v2
name: web
version: 1.2.3
appVersion: "7"
dependencies:
- {name: child, version: 0.1.0, condition: child.enabled}
- {name: child, version: 0.1.0, alias: second, tags: [more]}
- {name: shared, version: 1.0.0}
- {name: packed, version: 1.0.0}
"""
SCHEMA = '{"properties": {"port": {"type": "integer", "maximum": 9000}, "text": {"type": "string"}}}'


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return folder


def simple(folder: Path) -> Path:
    """One chart without dependencies."""
    return write(
        folder,
        {
            "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.2.3\nappVersion: '7'\n",
            "values.yaml": VALUES,
            "values.schema.json": SCHEMA,
            "templates/_helpers.tpl": HELPERS,
            "templates/numbers.yaml": NUMBERS,
            "templates/capabilities.yaml": CAPABILITIES,
            "templates/hooks.yaml": HOOKS,
            "templates/tests/test.yaml": TEST,
            "templates/files.yaml": FILES,
            "templates/tpl.yaml": TPL,
            "templates/extra.yaml": "{{ range .Values.extra }}\n---\n{{ toYaml . }}\n{{ end }}",
            "templates/NOTES.txt": "Thank you for {{ .Release.Name }}\n",
            "templates/blank.yaml": "\n{{/* nothing */}}\n",
            "crds/things.yaml": CRD,
            "files/one.txt": "one\nüñí\n",
            "files/two.conf": "a = b\n",
            "files/raw.bin": "\x01\x02",
            ".helmignore": "*.orig\nfiles/ignored*\n",
            "files/ignored.txt": "no\n",
        },
    )


def parent(folder: Path) -> Path:
    """A chart with dependencies as folders, under an alias, as an archive, and a library."""
    simple(folder)
    (folder / "values.schema.json").unlink()
    child = {
        "Chart.yaml": "apiVersion: v2\nname: child\nversion: 0.1.0\n",
        "values.yaml": "size: 3\nglobal: {own: 1, zone: us}\n",
        "templates/c.yaml": CHILD,
        "crds/c.yaml": "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: c.example.com}\n",
    }
    shared = {
        "Chart.yaml": "apiVersion: v2\nname: shared\nversion: 1.0.0\ntype: library\n",
        "templates/_note.tpl": '{{- define "shared.note" -}}\nnote: {{ .Chart.Name | upper }}\n{{- end -}}\n',
    }
    write(folder, {"Chart.yaml": PARENT})
    write(folder / "charts" / "child", child)
    write(folder / "charts" / "shared", shared)
    packed = {
        "packed/Chart.yaml": "apiVersion: v2\nname: packed\nversion: 1.0.0\n",
        "packed/values.yaml": "size: 9\n",
        "packed/templates/p/q/r/deep.yaml": CHILD,
    }
    with tarfile.open(folder / "charts" / "packed-1.0.0.tgz", "w:gz") as archive:
        for name, text in packed.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return folder
