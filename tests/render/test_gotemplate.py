"""Go templates as ApplicationSets use them: what Go prints, sprig's functions, errors in Go's words, bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_tui.render.gotemplate import TemplateError, render_text

DATA = {
    "path": {"path": "apps/web", "basename": "web", "segments": ["apps", "web"]},
    "n": 3.0,
    "big": 1234567.0,
    "names": ["a", "b"],
    "nothing": {"x": None},
    "env": "prod",
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{.path.basename}}-{{ .env | upper }}", "web-PROD"),
        ("{{index .path.segments 0}}", "apps"),
        ("{{ .n }} {{ .big }} {{ .gone }} {{ .gone.deeper }}", "3 1.234567e+06 <no value> <no value>"),
        ('a {{- if eq .env "prod" -}} yes {{- else if eq .env "x"}}x{{else}}no{{end -}} !', "ayes!"),
        ("{{range $i, $v := .names}}{{$i}}={{$v}},{{else}}none{{end}}", "0=a,1=b,"),
        ("{{ $x := 1 }}{{ range .names }}{{ $x = add $x 1 }}{{ end }}{{ $x }}", "3"),
        ("{{ range $k, $v := .path }}{{ $k }};{{ end }}", "basename;path;segments;"),
        ('{{ range .names }}{{ if eq . "b" }}{{ break }}{{ end }}{{ . }}{{ end }}', "a"),
        ('{{define "t"}}<{{.}}>{{end}}{{template "t" .env}}{{/* said */}}', "<prod>"),
        ('{{ (dict "a" "b").a }}{{ (index .names 1) }}', "bb"),
        ('{{ printf "%s-%03d %v %q" .env 3 .names "q" }}', 'prod-003 [a b] "q"'),
        ('{{ printf "%d" .n }}', "%!d(float64=3)"),
        ('{{ default "d" .gone }} {{ .names | join "," | quote }}', 'd "a,b"'),
        ("{{ with .gone }}x{{ else }}y{{ end }}", "y"),
        ('{{ splitList "/" .path.path | last }} {{ .path.path | replace "/" "-" }}', "web apps-web"),
        ('{{ normalize "A_b/c." }} {{ slugify 9 true "One two three" }}', "a-b-c one-two"),
        ('{{ "a" | b64enc }} {{ b64dec "YQ==" }} {{ sha256sum "" | trunc 8 }}', "YQ== a e3b0c442"),
        ("{{ toJson .nothing }} {{ toYaml .names }}", '{"x":null} - a\n- b'),
        ('{{ regexReplaceAll "a(x*)b" "-ab-axxb-" "${1}W" }}', "-W-xxW-"),
        ('{{ (fromYaml "a: 1").a }} {{ mul 2 .n }} {{ 1.5 }} {{ "x" | repeat 3 }}', "1 6 1.5 xxx"),
        ("{{ if and .env (not .gone) (or .gone .env) }}x{{ end }}", "x"),
        ('{{ ternary "a" "b" (has "a" .names) }} {{ dig "path" "no" "d" . }}', "a d"),
    ],
)
def test_templates_print_what_go_prints(template: str, text: str) -> None:
    assert render_text(template, DATA) == text


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ .nothing.x.y }}", "nil pointer evaluating"),
        ('{{ env "HOME" }}', 'function "env" not defined'),
        ("{{ randAlphaNum 3 }}", 'function "randAlphaNum" not defined'),
        ("{{ upper .n }}", "expected string"),
        ("{{ if .env }}", "unexpected EOF"),
        ("{{ .env ", "unclosed action"),
        ("{{ end }}", "unexpected {{end}}"),
        ('{{ template "t" }}', 'template "t" not defined'),
        ('{{ define "t" }}{{ template "t" }}{{ end }}{{ template "t" }}', "call each other"),
        ("{{ range until 10000 }}{{ range until 10000 }}x{{ end }}{{ end }}", "steps"),
        ('{{ repeat 999999999 "ab" }}', "1000000 characters"),
        ('{{ regexMatch "(a+)+$" .env }}', "regular expression"),
        ("{{ $x }}", "undefined variable"),
        ("{{ eq .n 3 }}", "incompatible types"),
        ('{{ fail "no" }}', "error calling fail: no"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_runs_for_ever(template: str, said: str) -> None:
    with pytest.raises(TemplateError, match=said):
        render_text(template, DATA)


def test_a_missing_key_is_an_error_where_the_option_says_so() -> None:
    with pytest.raises(TemplateError, match='map has no entry for key "gone"'):
        render_text("{{ .gone }}", DATA, ["missingkey=error"])


@given(st.text(alphabet='{}.|()$ "`abc01:=,-/*\\', max_size=40))
def test_no_text_ends_in_anything_but_a_result_or_a_clear_error(text: str) -> None:
    try:
        render_text(text, DATA)
    except TemplateError:
        pass
