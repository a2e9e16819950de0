"""What is said of a remote that can't be reached follows from git's words alone, whatever TLS library it was built with."""

from __future__ import annotations

import pytest

from gitops_tui.git.words import network_hint


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("server certificate verification failed. CAfile: none CRLfile: none", "http.sslCAInfo"),
        ("SSL certificate problem: self-signed certificate", "http.sslCAInfo"),
        ("The requested URL returned error: 403", "check the user name and token"),
        ("The requested URL returned error: 401", "check the user name and token"),
        ("The requested URL returned error: 404", "check the URL"),
        ("Failed to connect to 127.0.0.1 port 40331: Connection refused", "check your network"),
    ],
)
def test_the_hint_follows_the_words_and_not_digits_of_a_port(words: str, hint: str) -> None:
    url = "https://127.0.0.1:40331/web404.git"
    assert hint in network_hint(f"fatal: unable to access '{url}/': {words}", url)
