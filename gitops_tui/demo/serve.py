"""`gitops-tui demo --serve`: the embedded cluster alone, for kubectl, Helm and other programs."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from gitops_tui.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def add_serve_options(parser: argparse.ArgumentParser) -> None:
    """The options of `gitops-tui demo --serve` and `python -m gitops_tui.demo`."""
    parser.add_argument(
        "--kubeconfig",
        metavar="FILE",
        default=argparse.SUPPRESS,
        help="where to write the kubeconfig (default: a temporary place)",
    )
    parser.add_argument("--port", type=int, default=0, metavar="N", help="the port (default: any free one)")
    parser.add_argument("--address", default="127.0.0.1", metavar="IP", help="where to listen (default: loopback)")
    parser.add_argument("--empty", action="store_true", help="without the sample's objects")
    parser.add_argument("--insecure", action="store_true", help="plain HTTP: kubectl and Helm send no token over it")
    parser.add_argument(
        "--rbac",
        metavar="NAMESPACE",
        default="",
        help="roles decide; contexts demo-reader (reads all) and demo-tenant (changes this namespace alone) are added",
    )
    parser.add_argument("--faults", action="store_true", help="open /demo/faults, where faults can be asked for")


def _check(place: Path) -> None:
    """Raises ConfigError where the kubeconfig can't go there; another cluster's is never overwritten."""
    import yaml

    if not place.parent.is_dir():
        raise ConfigError(f"{place.parent} is no folder: the kubeconfig can't be written to {place}")
    if place.exists() and place.stat().st_size:
        try:
            found = yaml.safe_load(place.read_text(encoding="utf-8"))
            ours = [each["name"] for each in found["clusters"]] == ["demo"]
        except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError):
            ours = False
        if not ours:
            raise ConfigError(
                f"{place} is there already and is no kubeconfig of the demo: name another file for --kubeconfig"
            )


def serve(options: argparse.Namespace) -> int:
    """Runs until ctrl-c or a TERM signal. options: those of `add_serve_options`. Raises ConfigError."""
    import signal
    import tempfile
    import threading
    from pathlib import Path

    from gitops_tui.demo.cluster import DemoCluster

    kubeconfig: str | None = getattr(options, "kubeconfig", None)
    address, port = options.address, options.port
    cluster = DemoCluster(
        host=address, port=port, secure=not options.insecure, rbac=bool(options.rbac), admin=options.faults
    )
    ended = threading.Event()
    with tempfile.TemporaryDirectory(prefix="gitops-tui-demo-") as temporary:
        folder = Path(temporary)
        place = Path(kubeconfig).absolute() if kubeconfig else folder / "kubeconfig"
        _check(place)
        demo = None
        if not options.empty:
            from gitops_tui.demo.demo import Demo  # alone it needs neither the sample nor settings

            demo = Demo(folder, cluster)
        try:
            if demo is not None:
                demo.start()
            else:
                cluster.start()
            rights = cluster.rbac
            others = {}
            if rights is not None:
                others["reader"] = cluster.call(rights.reader)
                others["tenant"] = cluster.call(rights.tenant, options.rbac)
            cluster.kubeconfig(place, others)
        except OSError as error:
            raise ConfigError(
                f"can't listen on {address}:{port} or write {place}: {error.strerror or error}"
            ) from error
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: ended.set())
        print(f"the embedded cluster answers on {cluster.url}; stop it with ctrl-c\n", flush=True)
        print(f"  export KUBECONFIG={place}", flush=True)
        for each in others:
            print(f"  kubectl --context demo-{each} …", flush=True)
        if options.faults:
            print(f"  faults: POST {cluster.url}/demo/faults with the token of the context demo", flush=True)
        if demo is not None:
            print(f"  gitops-tui -f {demo.applications}", flush=True)
        try:
            ended.wait()
        finally:
            cluster.stop()
    return 0
