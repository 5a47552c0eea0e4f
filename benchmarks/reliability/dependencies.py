"""S8: known vulnerabilities of what is installed, and under which licences it comes.

    python benchmarks/reliability/dependencies.py [--write]

pip-audit asks the database of advisories, which takes the network; where that cannot be reached, the row says that it
could not be checked, and nothing else. `--write` writes docs/licences.md from the metadata of the installed packages.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from _rows import ROOT, Outcome

TABLE = ROOT / "docs" / "licences.md"
_SECONDS = 240.0
_COPYLEFT = re.compile(r"(?<![A-Z])(?:A|L)?GPL|GNU|Mozilla|MPL|EPL|CDDL|EUPL", re.IGNORECASE)
# Packages whose metadata does not say; looked up in the licence file that they carry.
LOOKED_UP: dict[str, str] = {"axe-playwright-python": "MIT"}
# Findings that were looked at: advisory -> why it does not reach us.
EXPLAINED: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Package:
    """One pinned package and its licence, as its own metadata says."""

    name: str
    version: str
    licence: str

    @property
    def copyleft(self) -> bool:
        """Whether passing it on takes more than a notice."""
        return bool(_COPYLEFT.search(self.licence))


def packages() -> list[Package]:
    """Everything in requirements.lock that is installed, by name."""
    names = [line.partition("==")[0] for line in (ROOT / "requirements.lock").read_text("utf-8").split()]
    found = []
    for name in names:
        try:
            data = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            continue
        found.append(Package(data["Name"], data["Version"].partition("+")[0], _licence(data)))
    return sorted(found, key=lambda package: package.name.casefold())


def _licence(data: metadata.PackageMetadata) -> str:
    """The SPDX expression, else the classifiers, else the first line of the licence field."""
    if expression := data.get("License-Expression"):
        return str(expression)
    classified = [
        line.rpartition(" :: ")[2] for line in data.get_all("Classifier") or [] if line.startswith("License ::")
    ]
    named = [name for name in classified if name != "OSI Approved"]
    if named:
        return ", ".join(named)
    lines = str(data.get("License") or "").strip().splitlines()
    return lines[0][:60] if lines else LOOKED_UP.get(str(data["Name"]), "not stated")


def licence_table(found: list[Package]) -> str:
    """The table as Markdown."""
    weak = [package for package in found if package.copyleft]
    lines = [
        "# Licences of the packages this one uses",
        "",
        "Written by `python benchmarks/reliability/dependencies.py --write` from the metadata of the packages pinned",
        "in `requirements.lock`. None of them is part of this repository. Those that ask for more than a notice when",
        "they are passed on (copyleft):",
        "",
        *[f"- **{package.name}**: {package.licence}" for package in weak],
        "",
        "| package | version | licence |",
        "|---|---|---|",
        *[f"| {package.name} | {package.version} | {package.licence} |" for package in found],
    ]
    return "\n".join(lines) + "\n"


def audit() -> tuple[list[str] | None, str]:
    """(findings, "") or (None, why it could not be checked)."""
    with tempfile.TemporaryDirectory(prefix="audit-") as folder:
        try:
            return _audit_in(Path(folder))
        except subprocess.TimeoutExpired:
            return None, "pip-audit or the database of advisories did not answer in time"


def _audit_in(folder: Path) -> tuple[list[str] | None, str]:
    """pip-audit in an environment of its own: what it needs is nothing that this package needs."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, timeout=_SECONDS)
    python = folder / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", "pip-audit"]
    if subprocess.run(install, capture_output=True, check=False, timeout=_SECONDS).returncode:
        return None, "pip-audit cannot be installed here"
    command = [python, "-m", "pip_audit", "--requirement", "requirements.lock", "--no-deps", "--disable-pip"]
    ended = subprocess.run(
        [*command, "--format", "json", "--progress-spinner", "off", "--timeout", "15"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    try:
        listed = json.loads(ended.stdout)["dependencies"]
    except (ValueError, KeyError):
        return None, f"pip-audit: {(ended.stderr.strip().splitlines() or ['no output'])[-1][:200]}"
    # It says "no known vulnerabilities" of packages that it could not look up as well.
    skipped = [item for item in listed if item.get("skip_reason")]
    if skipped:
        return None, f"{len(skipped)} of {len(listed)} packages are not in the database that can be reached from here"
    return [f"{item['name']} {item['version']}: {known['id']}" for item in listed for known in item["vulns"]], ""


def row(_folder: Path, _trials: int) -> Outcome:
    """S8: known vulnerabilities, and licences listed."""
    outcome, found = Outcome(), packages()
    findings, reason = audit()
    if findings is None:
        outcome.excluded.append(f"vulnerabilities could not be checked: {reason}")
    else:
        for finding in findings:
            known = finding.rpartition(": ")[2]
            outcome.check(known in EXPLAINED, f"{finding}: not explained")
        outcome.figures["advisories"] = {
            finding: EXPLAINED.get(finding.rpartition(": ")[2], "") for finding in findings
        }
    unstated = [package.name for package in found if package.licence == "not stated"]
    outcome.check(not unstated, f"no licence stated: {', '.join(unstated)}")
    listed = TABLE.read_text("utf-8") if TABLE.exists() else ""
    missing = [package.name for package in found if f"| {package.name} |" not in listed]
    outcome.check(not missing, f"not in docs/licences.md: {', '.join(missing[:10])}; run this with --write")
    outcome.figures |= {"packages": len(found), "copyleft": [f"{p.name}: {p.licence}" for p in found if p.copyleft]}
    return outcome


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write docs/licences.md")
    if parser.parse_args().write:
        TABLE.write_text(licence_table(packages()), encoding="utf-8")
    outcome = row(Path(), 1)
    print(json.dumps(outcome.figures, indent=1), *outcome.failures, *outcome.excluded, sep="\n")


if __name__ == "__main__":
    main()
