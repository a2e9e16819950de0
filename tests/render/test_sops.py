"""Files that SOPS encrypted: only with the user's setting, only Secrets, and nothing of them anywhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gitops_tui.errors import RenderError, ToolMissing
from gitops_tui.git import open_repository
from gitops_tui.model.application import Source
from gitops_tui.render import render
from gitops_tui.render.render import Rendered
from gitops_tui.settings import Settings

ENCRYPTED = """apiVersion: v1
kind: Secret
metadata:
    name: s
stringData:
    key: ENC[AES256_GCM,data:abc,iv:x,tag:y,type:str]
sops:
    mac: ENC[AES256_GCM,data:m]
    version: 3.9.0
"""
# Decrypts as the program does: from standard input, to standard output, by the type that it is told.
SOPS = """#!/bin/sh
case "$*" in *"--decrypt --input-type yaml --output-type yaml /dev/stdin"*) ;; *) exit 9 ;; esac
[ -n "$SOPS_FAILS" ] && { echo "Failed to get the data key" >&2; exit 128; }
sed -e '/^sops:/,$d' -e "s/ENC.*/tops3cret/" -e "s/kind: Secret/kind: ${SOPS_KIND:-Secret}/" /dev/stdin
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "sops").write_text(SOPS)
    (folder / "sops").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def _render(made, **settings: Any) -> Rendered:
    repository = open_repository(str(made.folder), settings=Settings())
    try:
        commit = repository.resolve("HEAD")
        given = Settings(**settings)
        return render(repository, commit, Source("x", path="a"), app_name="a", namespace="d", settings=given)
    finally:
        repository.close()


def test_a_secret_is_decrypted_where_the_setting_says_so(made_repository, program) -> None:
    made_repository.commit({"a/s.yaml": "# said\n" + ENCRYPTED})
    (manifest,) = _render(made_repository, sops=True).manifests
    assert manifest.obj["stringData"] == {"key": "tops3cret"}
    assert "sops" not in manifest.obj
    assert (manifest.origin.path, manifest.origin.line) == ("a/s.yaml", 2)


def test_without_the_setting_it_is_an_error_that_names_the_file(made_repository, program) -> None:
    made_repository.commit({"a/s.yaml": ENCRYPTED})
    with pytest.raises(RenderError, match=r"a/s.yaml: is encrypted by SOPS"):
        _render(made_repository)


def test_decrypted_values_are_on_no_disk(made_repository, program, tmp_path: Path) -> None:
    made_repository.commit({"a/s.yaml": ENCRYPTED})
    cache = tmp_path / "cache"
    _render(made_repository, sops=True, cache_folder=cache)
    assert not any(b"tops3cret" in each.read_bytes() for each in cache.rglob("*") if each.is_file())


def test_what_would_be_shown_in_clear_is_not_decrypted(
    made_repository, program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOPS_KIND", "ConfigMap")
    made_repository.commit({"a/shown.yaml": ENCRYPTED})
    with pytest.raises(RenderError, match="only Secrets") as raised:
        _render(made_repository, sops=True)
    assert "tops3cret" not in str(raised.value)


def test_a_missing_key_and_a_missing_program_are_said(
    made_repository, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_repository.commit({"a/keyless.yaml": ENCRYPTED})
    monkeypatch.setenv("SOPS_FAILS", "1")
    with pytest.raises(RenderError, match="sops can't decrypt it: Failed to get the data key"):
        _render(made_repository, sops=True)
    (program / "sops").unlink()
    with pytest.raises(ToolMissing, match="sops is not there"):
        _render(made_repository, sops=True)
