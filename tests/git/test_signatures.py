"""Signatures, GPG and SSH: verified by whom, unknown, bad, none; and who may demand them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from gitops_tui.git import Repository, open_repository
from gitops_tui.git.signature import counts
from gitops_tui.model.application import Application, Destination, Source
from gitops_tui.model.keys import AppKey
from gitops_tui.model.revision import Signature, SignatureStatus
from gitops_tui.reconcile.argocd import signing_policies
from gitops_tui.reconcile.signed import Demands, Policy
from gitops_tui.settings import Settings


def _open(made) -> Repository:
    return open_repository(str(made.folder), settings=Settings())


def _configure(me: Path, text: str) -> None:
    me.write_text(me.read_text() + text)


def _signed(made, me: Path, files: dict[str, str], *more: str, key: str, kind: str) -> str:
    made.commit(files, "unsigned")
    env = {**os.environ, "GIT_CONFIG_GLOBAL": str(me)}
    subprocess.run(
        [
            *("git", "-C", str(made.folder), "-c", f"gpg.format={kind}", "-c", f"user.signingkey={key}", *more),
            *("commit", "-q", "--amend", "--allow-empty", "-S", "-m", "signed"),
        ],
        check=True,
        capture_output=True,
        env=env,
    )
    return made.git("rev-parse", "HEAD")


@pytest.fixture
def ssh_key(me: Path, tmp_path: Path):
    place = tmp_path / "signing"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(place)], check=True)
    allowed = tmp_path / "allowed_signers"
    allowed.write_text(f"mia@example.com {place.with_suffix('.pub').read_text()}")
    return place, allowed


@pytest.fixture
def gpg_key(me: Path, tmp_path: Path, monkeypatch):
    if shutil.which("gpg") is None:
        pytest.skip("needs the program gpg")
    # The agent's socket needs a short path.
    home = Path(subprocess.run(["mktemp", "-d"], check=True, capture_output=True, text=True).stdout.strip())
    home.chmod(0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    subprocess.run(
        ["gpg", "--batch", "--passphrase", "", "--quick-gen-key", "Mia <mia@example.com>", "ed25519", "sign", "never"],
        check=True,
        capture_output=True,
    )
    listed = subprocess.run(["gpg", "--list-keys", "--with-colons"], check=True, capture_output=True, text=True).stdout
    yield next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr:"))
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False, capture_output=True)
    shutil.rmtree(home, ignore_errors=True)


def _broken(made, sha: str) -> str:
    """The same commit with another message under the same signature."""
    raw = subprocess.run(
        ["git", "-C", str(made.folder), "cat-file", "commit", sha], check=True, capture_output=True
    ).stdout.replace(b"\n\nsigned", b"\n\nforged")
    done = subprocess.run(
        ["git", "-C", str(made.folder), "hash-object", "-t", "commit", "-w", "--stdin"],
        check=True,
        capture_output=True,
        input=raw,
    )
    return done.stdout.decode().strip()


def test_ssh_signatures(me, made_repository, ssh_key) -> None:
    key, allowed = ssh_key
    none = made_repository.commit({"a": "1"})
    signed = _signed(made_repository, me, {"a": "2"}, key=str(key), kind="ssh")
    found = _open(made_repository).signature(signed)
    assert (found.status, found.kind) == (SignatureStatus.UNKNOWN_KEY, "ssh")
    assert "allowedSignersFile" in found.detail
    _configure(me, f'[gpg "ssh"]\n\tallowedSignersFile = {allowed}\n')
    repository = _open(made_repository)
    assert repository.signature(none).status is SignatureStatus.NONE
    found = repository.signature(signed)
    assert (found.status, found.signer) == (SignatureStatus.VERIFIED, "mia@example.com")
    assert found.key.startswith("SHA256:")
    assert repository.signature(_broken(made_repository, signed)).status is SignatureStatus.BAD
    allowed.write_text(allowed.read_text().replace("mia@", "other@").replace("ssh-ed25519 AAAA", "ssh-ed25519 AAAB"))
    assert _open(made_repository).signature(signed).status is SignatureStatus.UNKNOWN_KEY


def test_gpg_signatures(me, made_repository, gpg_key, monkeypatch, tmp_path: Path) -> None:
    signed = _signed(made_repository, me, {"a": "2"}, key=gpg_key, kind="openpgp")
    repository = _open(made_repository)
    found = repository.signature(signed)
    assert (found.status, found.kind, found.key) == (SignatureStatus.VERIFIED, "gpg", gpg_key)
    assert "Mia <mia@example.com>" in found.signer
    assert repository.signature(_broken(made_repository, signed)).status is SignatureStatus.BAD
    empty = tmp_path / "g"
    empty.mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(empty))
    stranger = _open(made_repository).signature(signed)
    assert stranger.status is SignatureStatus.UNKNOWN_KEY
    assert not counts(stranger, ())
    assert not counts(stranger, (gpg_key[-16:],))


def test_a_repository_cannot_vouch_for_itself(me, made_repository, ssh_key, tmp_path: Path) -> None:
    key, allowed = ssh_key
    signed = _signed(made_repository, me, {"a": "2"}, key=str(key), kind="ssh")
    trap = tmp_path / "trap"
    program = tmp_path / "liar"
    program.write_text(f"#!/bin/sh\ntouch {trap}\necho 'Good \"git\" signature for boss'\nexit 0\n")
    program.chmod(0o755)
    for name, value in (
        ("gpg.ssh.allowedSignersFile", str(allowed)),
        ("gpg.ssh.program", str(program)),
        ("gpg.program", str(program)),
        ("gpg.ssh.defaultKeyCommand", str(program)),
        ("gpg.minTrustLevel", "undefined"),
    ):
        made_repository.git("config", name, value)
    assert _open(made_repository).signature(signed).status is SignatureStatus.UNKNOWN_KEY
    assert not trap.exists()


def test_a_revert_is_signed_where_the_user_signs(me, made_repository, ssh_key) -> None:
    from gitops_tui.git.revert import carry_out, preview
    from gitops_tui.model.revert import RevertRequest

    key, allowed = ssh_key
    _configure(
        me,
        f"[commit]\n\tgpgSign = true\n[user]\n\tsigningKey = {key}\n[gpg]\n\tformat = ssh\n"
        f'[gpg "ssh"]\n\tallowedSignersFile = {allowed}\n',
    )
    first = made_repository.commit({"a/x": "1"})
    made_repository.commit({"a/x": "2"})
    repository = _open(made_repository)
    found = preview(repository, RevertRequest(first, "main", paths=("a",)))
    assert found.signed
    assert repository.signature(carry_out(repository, found).commit).status is SignatureStatus.VERIFIED


def _app(**annotations: str) -> Application:
    return Application(
        AppKey("c", "", "web"),
        (Source("https://git.example.com/o/r"),),
        Destination(),
        project="prod",
        annotations=annotations,
    )


def test_an_unsigned_revision_is_refused_where_somebody_demands_signatures(me, made_repository, gpg_key) -> None:
    unsigned = made_repository.commit({"a": "1"})
    signed = _signed(made_repository, me, {"a": "2"}, key=gpg_key, kind="openpgp")
    repository = _open(made_repository)
    url = "https://git.example.com/o/r.git"

    def why(demands: Demands, sha: str, app: Application | None = None) -> str:
        return demands.refusal(app or _app(), repository, repository.commit(sha), url)

    assert why(Demands(Settings()), unsigned) == ""
    assert "is not signed; the setting require_signed" in why(Demands(Settings(require_signed=True)), unsigned)
    assert why(Demands(Settings(require_signed=True)), signed) == ""
    asks = _app(**{"gitops-tui.io/require-signed": "true"})
    assert "is not signed" in why(Demands(Settings()), unsigned, asks)
    project = Demands(Settings())
    project.set_projects({"prod": (Policy((gpg_key[-16:],)),)})
    assert "the project prod demands" in why(project, unsigned)
    assert why(project, signed) == ""
    project.set_projects({"prod": (Policy(("0123456789ABCDEF",)),)})
    assert "not among those allowed" in why(project, signed)
    # Eight digits can be made to collide.
    project.set_projects({"prod": (Policy((gpg_key[-8:],)),)})
    assert why(project, signed) != ""


def test_argo_cds_projects_say_who_must_sign() -> None:
    name, old = signing_policies(
        {"metadata": {"name": "prod"}, "spec": {"signatureKeys": [{"keyID": "4AEE18F83AFDEB23"}]}}
    )
    assert (name, old) == ("prod", (Policy(("4AEE18F83AFDEB23",)),))
    _, new = signing_policies(
        {
            "metadata": {"name": "prod"},
            "spec": {
                "sourceIntegrity": {
                    "git": {
                        "policies": [
                            {"repos": [{"url": "https://git.example.com/o/*"}], "gpg": {"mode": "head", "keys": ["A"]}},
                            {"repos": [{"url": "*"}], "gpg": {"mode": "none", "keys": ["B"]}},
                        ]
                    }
                }
            },
        }
    )
    assert new == (Policy(("A",), ("https://git.example.com/o/*",)), Policy(("B",), ("*",), "none"))
    assert new[0].covers("https://git.example.com/o/r.git")
    assert not new[0].covers("https://git.example.com/other/r.git")


def test_a_strict_policy_asks_for_all_ancestors_back_to_a_seal(me, made_repository, gpg_key) -> None:
    unsigned = made_repository.commit({"a": "1"}, "unsigned")
    signed = _signed(made_repository, me, {"a": "2"}, key=gpg_key, kind="openpgp")
    repository = _open(made_repository)
    demands = Demands(Settings())
    demands.set_projects({"prod": (Policy((gpg_key[-16:],), ("*",), "strict"),)})

    def why(sha: str) -> str:
        return demands.refusal(_app(), repository, repository.commit(sha), "https://git.example.com/o/r.git")

    assert f"its ancestor {unsigned[:7]} is not signed" in why(signed)
    made_repository.git("-c", f"user.signingkey={gpg_key}", "commit", "-q", "-S", "--allow-empty", "-m",
                        "Seal\n\nArgocd-gpg-seal: reviewed all before")  # fmt: skip
    seal = made_repository.git("rev-parse", "HEAD").strip()
    assert why(seal) == ""
    after = _signed(made_repository, me, {"a": "3"}, key=gpg_key, kind="openpgp")
    assert why(after) == ""
    # A seal that nobody trusted signed seals nothing.
    made_repository.git("commit", "-q", "--no-gpg-sign", "--allow-empty", "-m", "x\n\nArgocd-gpg-seal: mine")
    last = _signed(made_repository, me, {"a": "4"}, key=gpg_key, kind="openpgp")
    assert "is not signed" in why(last)


def test_policies_cover_repositories_and_two_for_one_let_nothing_through(me, made_repository) -> None:
    sha = made_repository.commit({"a": "1"})
    repository = _open(made_repository)
    demands = Demands(Settings())

    def why(url: str, *policies: Policy) -> str:
        demands.set_projects({"prod": policies})
        return demands.refusal(_app(), repository, repository.commit(sha), url)

    free = Policy((), ("https://git.example.com/free/*",), "none")
    rest = Policy((), ("*", "!https://git.example.com/free/*"), "head")
    assert why("https://git.example.com/free/r.git", free, rest) == ""
    assert "is not signed" in why("https://git.example.com/o/r.git", free, rest)
    two = why("https://mia:secret@git.example.com/free/r.git", free, Policy((), ("*",), "head"))
    assert "2 sourceIntegrity policies of the project prod" in two
    assert "secret" not in two


def _tag(made, me: Path, name: str, *more: str, key: str = "", kind: str = "openpgp") -> None:
    signing = ["-c", f"gpg.format={kind}", "-c", f"user.signingkey={key}"] if key else []
    env = {**os.environ, "GIT_CONFIG_GLOBAL": str(me)}
    line = ["git", "-C", str(made.folder), *signing, "tag", "-s" if key else "-a", "-m", "signed", *more, name]
    subprocess.run(line, check=True, capture_output=True, env=env)


def _forged_tag(made, name: str) -> None:
    """The tag with another message under the same signature."""
    git = ["git", "-C", str(made.folder)]
    raw = subprocess.run([*git, "cat-file", "tag", name], check=True, capture_output=True).stdout
    made_up = raw.replace(b"\n\nsigned", b"\n\nforged")
    done = subprocess.run(
        [*git, "hash-object", "-t", "tag", "-w", "--stdin"], check=True, capture_output=True, input=made_up
    )
    subprocess.run([*git, "update-ref", "refs/tags/forged", done.stdout.decode().strip()], check=True)


def test_of_an_annotated_tag_its_own_signature_counts(me, made_repository, gpg_key) -> None:
    """Argo CD, docs/user-guide/source-integrity-git-gpg.md, mode head and strict."""
    unsigned = made_repository.commit({"a": "1"}, "unsigned")
    _tag(made_repository, me, "v1.0.0", key=gpg_key)
    _tag(made_repository, me, "plain")
    made_repository.git("tag", "light")
    signed = _signed(made_repository, me, {"a": "2"}, key=gpg_key, kind="openpgp")
    _tag(made_repository, me, "unsigned-tag")
    _tag(made_repository, me, "v2.0.0", key=gpg_key)
    _forged_tag(made_repository, "v2.0.0")
    repository = _open(made_repository)
    demands = Demands(Settings())

    def why(revision: str, sha: str, mode: str = "head") -> str:
        demands.set_projects({"prod": (Policy((gpg_key[-16:],), ("*",), mode),)})
        commit = repository.commit(sha)
        return demands.refusal(_app(), repository, commit, "https://git.example.com/o/r.git", revision)

    for revision in ("v1.0.0", "refs/tags/v1.0.0", "1.*"):
        assert why(revision, unsigned) == "", revision
    assert f"{unsigned[:7]} is not signed" in why("v1.0.0", unsigned, "strict")
    assert "the tag plain is not signed" in why("plain", unsigned)
    assert f"{unsigned[:7]} is not signed" in why("light", unsigned)
    assert "the tag unsigned-tag is not signed" in why("unsigned-tag", signed)
    assert why("v2.0.0", signed) == ""
    assert "does not count: bad" in why("forged", signed)
    # The tag stands for another commit than the one asked about (a rollback): that commit's own signature counts.
    assert f"{unsigned[:7]} is not signed" in why("v2.0.0", unsigned)
    # A branch of the same name goes first, as where revisions are resolved.
    made_repository.git("branch", "v1.0.0", unsigned)
    assert f"{unsigned[:7]} is not signed" in why("v1.0.0", unsigned)


def test_tags_signed_by_ssh_and_by_strangers(me, made_repository, ssh_key) -> None:
    key, allowed = ssh_key
    sha = made_repository.commit({"a": "1"})
    _tag(made_repository, me, "v1", key=str(key), kind="ssh")
    _forged_tag(made_repository, "v1")

    def told(revision: str) -> Signature:
        found = _open(made_repository).tag_signature(revision, sha)
        assert found is not None
        return found[1]

    assert told("v1").status is SignatureStatus.UNKNOWN_KEY
    _configure(me, f'[gpg "ssh"]\n\tallowedSignersFile = {allowed}\n')
    assert (told("v1").status, told("v1").signer) == (SignatureStatus.VERIFIED, "mia@example.com")
    assert told("v1").key.startswith("SHA256:")
    assert told("forged").status is SignatureStatus.BAD
    allowed.write_text("")
    assert told("v1").status is SignatureStatus.UNKNOWN_KEY


def test_a_tag_that_only_says_that_it_is_signed(me, made_repository, gpg_key) -> None:
    made_repository.commit({"a": "1"})
    _tag(made_repository, me, "words", "-m", '[GNUPG:] GOODSIG 1 Mia\nGood "git" signature for mia with X key SHA256:a')
    fake = "-----BEGIN PGP SIGNATURE-----\n\n[GNUPG:] GOODSIG AAAAAAAAAAAAAAAA Mia\n-----END PGP SIGNATURE-----"
    _tag(made_repository, me, "fake", "-m", fake)
    sha = made_repository.git("rev-parse", "HEAD").strip()
    repository = _open(made_repository)
    for name, status in (("words", SignatureStatus.NONE), ("fake", SignatureStatus.UNKNOWN_KEY)):
        found = repository.tag_signature(name, sha)
        assert found is not None
        assert found[1].status is status
        assert not counts(found[1], ())


def test_an_ssh_key_that_was_revoked_is_said_so(me, made_repository, ssh_key, tmp_path: Path) -> None:
    key, allowed = ssh_key
    sha = _signed(made_repository, me, {"a": "1"}, key=str(key), kind="ssh")
    _tag(made_repository, me, "v1", key=str(key), kind="ssh")
    revoked = tmp_path / "revoked"
    revoked.write_text(key.with_suffix(".pub").read_text())
    _configure(me, f'[gpg "ssh"]\n\tallowedSignersFile = {allowed}\n\trevocationFile = {revoked}\n')
    repository = _open(made_repository)
    tag = repository.tag_signature("v1", sha)
    assert tag is not None
    for found in (repository.signature(sha), tag[1]):
        assert found.status is SignatureStatus.BAD
        assert "or its key was revoked" in found.detail


def test_a_file_of_allowed_signers_that_is_not_there_is_named(me, made_repository, ssh_key, tmp_path: Path) -> None:
    key, _ = ssh_key
    sha = _signed(made_repository, me, {"a": "1"}, key=str(key), kind="ssh")
    _configure(me, f'[gpg "ssh"]\n\tallowedSignersFile = {tmp_path}/gone\n')
    found = _open(made_repository).signature(sha)
    assert found.status is SignatureStatus.UNKNOWN_KEY
    assert f"{tmp_path}/gone, which is not there" in found.detail
