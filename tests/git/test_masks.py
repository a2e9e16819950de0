"""No value of a Secret in a diff, and no password in a message, however they are written."""

from __future__ import annotations

import pytest

from gitops_tui.git import open_repository
from gitops_tui.git.secrets import Marks, masked_lines
from gitops_tui.model.text import redact
from gitops_tui.settings import Settings


def shown(text: str) -> str:
    found = masked_lines(text.encode(), Marks())
    return "\n".join(found.get(number, line) for number, line in enumerate(text.split("\n"), 1))


@pytest.mark.parametrize("end", ["\x85", "\u2028", "\u2029", "\r"])
@pytest.mark.parametrize(
    "text",
    [
        "# a{}b: 1\nkind: Secret\nstringData:\n  one: hunter2\n  two: hunter3\n",
        "kind: ConfigMap\ndata:\n  a: 'x{} y'\n---\nkind: Secret\nstringData:\n  one: hunter2\n  two: hunter3\n",
        "kind: Secret{}stringData:{}  one: hunter2\n",
        "kind: Secret\nbroken: {{{{ .x }}\nstringData:\n  one: 'a{}hunter2'\n",
        "\ufeff# a{}\nkind: Secret\nstringData: {one: hunter2, two: hunter3}\n",
    ],
)
def test_what_only_yaml_takes_for_the_end_of_a_line_moves_no_mask(end: str, text: str) -> None:
    made = text.replace("{{{{", "\0").replace("{}", end).replace("\0", "{{")

    assert "hunter" not in shown(made)


@pytest.mark.parametrize(
    "text",
    [
        "items:\n- x: &d {password: hunter2}\n- kind: Secret\n  stringData: *d\n",
        "x-a: &a hunter2\nkind: Secret\nstringData:\n  p: *a\n",
        "x-a: &a [&b hunter2]\nx-c: &c {x: *a}\nkind: Secret\nstringData:\n  p: *c\n",
        "kind: 'Secret'\nstringData:\n- bad\n p: hunter2\n x: {{",
        'kind: "Sec\\u0072et"\nstringData:\n  p: hunter2\n',
    ],
)
def test_a_secrets_values_are_masked_where_they_really_stand(text: str) -> None:
    assert "hunter" not in shown(text)


CREDENTIALS = ("*password*", "*api_key*")


@pytest.mark.parametrize(
    "text",
    [
        "kind: ConfigMap\ndata:\n  db_password: hunter2\n  host: open\n",
        "data: {DB_PASSWORD: hunter2, host: open}\nkind: ConfigMap\n",
        "kind: ConfigMap\ndata:\n  my.api_key: |\n    hunter2\n    hunter3\n  host: open\n",
        "kind: List\nitems:\n- kind: ConfigMap\n  data:\n    password: hunter2\n    host: open\n",
        "configMapGenerator:\n- name: a\n  literals:\n  - db_password=hunter2\n  - host=open\n",
        "kind: ConfigMap\ndata:\n  password: hunter2\n  host: open\n  x: {{ .Values.x }}y: {{\n",
        "kind: ConfigMap\ndata:\n  password: >\n    hunter2\n  host: open\n  x: {{ .Values.x }}y: {{\n",
        "kind: ConfigMap\nmetadata:\n  labels: {a: &x hunter2}\ndata:\n  password: *x\n  host: open\n",
        "configMapGenerator:\n- name: &x a_password=hunter2\n  literals:\n  - *x\n  - host=open\n",
        "configMapGenerator:\n- literals:\n  - DB_PASSWORD=hunter2\n  - host=open\n  x: {{ .Values.x }}y: {{\n",
        'configMapGenerator:\n- literals:\n  - "DB_PASSWORD=hunter1:hunter2"\n  - host=open\n  x: {{ .Values.x }}y: {{\n',
        'kind: ConfigMap\nmetadata:\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: |\n      {"password":"hunter2"}\n'
        "data: {host: open}\n",
    ],
)
def test_a_config_maps_keys_that_look_like_credentials_are_masked_where_the_setting_says_so(text: str) -> None:
    found = masked_lines(text.encode(), Marks(), CREDENTIALS)
    made = "\n".join(found.get(number, line) for number, line in enumerate(text.split("\n"), 1))
    assert "hunter" not in made
    assert "open" in made
    assert masked_lines(text.encode(), Marks()) == {}


def test_what_is_called_a_password_elsewhere_is_not_masked() -> None:
    text = "kind: Deployment\nspec:\n  password: open\n---\nkind: ConfigMap\nmetadata: {name: password-x}\ndata: {a: open}\n"
    assert masked_lines(text.encode(), Marks(), CREDENTIALS) == {}


def test_what_no_secret_names_is_not_masked() -> None:
    text = "x: &a open\ny: *a\n---\nkind: Secret\nstringData:\n  p: hunter2\n"

    assert "x: &a open" in shown(text)


def test_no_setting_of_diffs_moves_a_mask(made_repository) -> None:
    text = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n\n\nstringData:\n  one: hunter1\n  two: hunter3\n"
    made_repository.commit({"s.yaml": text})
    made_repository.git("config", "diff.suppressBlankEmpty", "true")
    sha = made_repository.commit({"s.yaml": text.replace("hunter1", "hunter2")})

    patch = open_repository(str(made_repository.folder), settings=Settings()).commit_diff(sha, [])

    assert "one" in patch
    assert "hunter" not in patch


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("https://mia:hun/ter@git.example.com/x", "https://git.example.com/x"),
        ("https://mia:hun'te\"r@git.example.com/x", "https://git.example.com/x"),
        ("'https://mia:hun#t?er@git.example.com/x' is wrong", "'https://git.example.com/x' is wrong"),
        ("https:/mia:hunter@git.example.com/x", "https:/git.example.com/x"),
        ("https://git.example.com:8443/x@v1", "https://git.example.com:8443/x@v1"),
        ("at http://127.0.0.1:80, mail mia@example.com", "at http://127.0.0.1:80, mail mia@example.com"),
        ("http://[::1]:80/x@v1", "http://[::1]:80/x@v1"),
    ],
)
def test_a_password_is_left_out_as_people_type_it(text: str, without: str) -> None:
    assert redact(text) == without
