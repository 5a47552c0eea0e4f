"""S7: the whole test suite where there is no network at all, only loopback.

    python benchmarks/reliability/offline.py [PYTEST ARGUMENTS...]

Linux only: the suite runs in a network namespace of its own (`unshare --net`), in which even loopback has to be brought
up. That takes root or user namespaces; where neither is allowed, the row says so.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from _rows import ROOT, Outcome

# Brings up loopback (SIOCSIFFLAGS, IFF_UP | IFF_RUNNING), makes sure that nothing else is there, and goes on.
_INSIDE = """
import fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
    fcntl.ioctl(probe, 0x8914, struct.pack("16sh", b"lo", 0x41))
    try:
        probe.connect(("192.0.2.1", 9))
        sys.exit("there is a way out of this namespace")
    except OSError:
        pass
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


def namespace() -> list[str]:
    """The command that starts a process without a network, [] where this user may not."""
    for command in (["unshare", "--net"], ["unshare", "--net", "--user", "--map-root-user"]):
        try:
            if subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:
                return command
        except OSError:
            return []
    return []


def run_offline(arguments: list[str], seconds: int = 3500) -> subprocess.CompletedProcess[str]:
    """pytest in a network namespace of its own."""
    command = [*namespace(), sys.executable, "-c", _INSIDE, "-m", "pytest", "-q", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False)


def row(_folder: Path, trials: int, arguments: tuple[str, ...] = ()) -> Outcome:
    """S7: the test suite in a network namespace without network."""
    outcome = Outcome()
    if not namespace():
        outcome.excluded.append("no right to make a network namespace here")
        return outcome
    for _ in range(trials):
        ended = run_offline(list(arguments))
        last = (ended.stdout.strip().splitlines() or [ended.stderr[-300:]])[-1]
        failed = re.findall(r"^(?:FAILED|ERROR) .*", ended.stdout, re.MULTILINE)
        outcome.check(ended.returncode == 0, f"{last}: {failed[:10]}")
        outcome.figures["suite"] = last
    return outcome


if __name__ == "__main__":
    found = row(Path(), 1, tuple(sys.argv[1:]))
    print(found.n, found.figures, *found.failures, *found.excluded, sep="\n")
    sys.exit(1 if found.failures else 0)
