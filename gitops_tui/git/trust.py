"""Which hosts to trust beside those the user trusts already: what an Argo CD in the cluster was told.

`argocd-ssh-known-hosts-cm` holds lines of `known_hosts` under `ssh_known_hosts`; `argocd-tls-certs-cm` holds the PEM
certificates of a server under its host name (Argo CD, docs/operator-manual/declarative-setup.md, "Repositories using
self-signed TLS certificates" and "SSH known host public keys"). They only ever add trust for the hosts they name.
"""

from __future__ import annotations

from collections.abc import Mapping

from gitops_tui.git.address import Address
from gitops_tui.git.credentials import Credentials
from gitops_tui.model.text import printable
from gitops_tui.records import dataclass, field, replace

KNOWN_HOSTS = "argocd-ssh-known-hosts-cm"
CERTIFICATES = "argocd-tls-certs-cm"
_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Trust:
    """known_hosts: lines of such a file. certificates: host -> PEM, one or several certificates in a row."""

    known_hosts: str = ""
    certificates: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.known_hosts or self.certificates)

    @classmethod
    def from_objects(cls, hosts: Mapping[str, object] | None, certificates: Mapping[str, object] | None) -> Trust:
        """Out of the two ConfigMaps, None for one that is not there. What makes no sense is left out and said."""
        warnings = []
        known = _data(hosts).get("ssh_known_hosts", "")
        if len(known) > _MOST:
            known = ""
            warnings.append(f"ConfigMap {KNOWN_HOSTS}: more than {_MOST:,} characters; not used")
        kept = {}
        for host, pem in _data(certificates).items():
            if "-----BEGIN CERTIFICATE-----" in pem and len(pem) <= _MOST:
                kept[host.lower()] = pem
            else:
                warnings.append(f"ConfigMap {CERTIFICATES}: {printable(host)} holds no PEM certificate; not used")
        return cls(known.replace("\r\n", "\n"), kept, tuple(warnings))

    def added_to(self, found: Credentials, address: Address) -> Credentials:
        """The credentials for an address, and whom to trust there."""
        return replace(
            found,
            tls_ca=self.certificates.get(address.host.lower(), "") if address.scheme == "https" else "",
            known_hosts=self.known_hosts if address.scheme == "ssh" else "",
        )


def _data(obj: Mapping[str, object] | None) -> dict[str, str]:
    data = obj.get("data") if obj is not None else None
    return {str(key): str(value) for key, value in data.items()} if isinstance(data, Mapping) else {}
