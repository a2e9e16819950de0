"""A certificate for one run of the embedded cluster: kubectl sends its token over TLS only."""

from __future__ import annotations

import ipaddress
import shutil
import ssl
import subprocess
import tempfile
from pathlib import Path

from gitops_tui.errors import ConfigError


def tls(host: str) -> tuple[ssl.SSLContext, bytes]:
    """A server's context with a certificate of its own for loopback and `host`, and the certificate (PEM) to trust.

    The key lives as long as the context and is on disk only while that is made. Raises ConfigError without `openssl`.
    """
    if shutil.which("openssl") is None:
        raise ConfigError(
            "serving over TLS needs the program `openssl`; install it, or use --insecure (kubectl won't log in)"
        )
    names = ["IP:127.0.0.1", "IP:::1", "DNS:localhost"]
    try:
        address = ipaddress.ip_address(host)
        if not (address.is_loopback or address.is_unspecified):
            names.append(f"IP:{address}")
    except ValueError:
        names.append(f"DNS:{host}")
    with tempfile.TemporaryDirectory(prefix="gitops-tui-tls-") as folder:
        key, certificate = Path(folder) / "key", Path(folder) / "certificate"
        line = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        line += ["-days", "30", "-subj", "/CN=gitops-tui demo", "-addext", "subjectAltName=" + ",".join(names)]
        line += ["-keyout", str(key), "-out", str(certificate)]
        done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=30)
        if done.returncode:
            raise ConfigError(f"openssl could not make a certificate: {done.stderr.strip()[-300:]}")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context, certificate.read_bytes()
