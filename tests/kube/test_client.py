"""The HTTP client is imported without reading the system's certificates, and a request without a context trusts nobody."""

from __future__ import annotations

import ssl
import subprocess
import sys

READ = """
import ssl
from gitops_tui.kube.client import aiohttp
from aiohttp import connector
contexts = [connector._SSL_CONTEXT_VERIFIED, connector._SSL_CONTEXT_UNVERIFIED, ssl.create_default_context()]
print([len(each.get_ca_certs()) for each in contexts], contexts[0].verify_mode.name, contexts[0].check_hostname)
"""


def test_only_contexts_that_somebody_asks_for_read_certificates() -> None:
    said = subprocess.run([sys.executable, "-c", READ], capture_output=True, text=True, check=True).stdout
    whole = len(ssl.create_default_context().get_ca_certs())
    assert said == f"[0, 0, {whole}] CERT_REQUIRED True\n"
