"""Every script under benchmarks can be imported, and what it takes from the package is there: they are run too rarely
to be found broken by running them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BENCHMARKS = ROOT / "benchmarks"
SCRIPTS = sorted(path.relative_to(BENCHMARKS).as_posix() for path in BENCHMARKS.rglob("*.py"))

# Imports every script named, each with its own folder first on the path as when it is run, and tells what went wrong.
# Imports inside functions, which do not run, are looked up one by one.
IMPORTING = """
import ast, importlib, importlib.util, json, sys, traceback
from pathlib import Path

def look_up(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sidebyside":
            module = importlib.import_module(node.module)
            for name in (alias.name for alias in node.names):
                if not hasattr(module, name):
                    importlib.import_module(f"{node.module}.{name}")

told = {}
for number, script in enumerate(sys.argv[2:]):
    file, before = Path(sys.argv[1]) / script, list(sys.path)
    sys.path.insert(0, str(file.parent))
    try:
        spec = importlib.util.spec_from_file_location(f"script_{number}", file)
        sys.modules[spec.name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        look_up(ast.parse(file.read_text(encoding="utf-8")))
        told[script] = ""
    except BaseException:
        told[script] = traceback.format_exc()
    # The next script finds nothing that only this one put there.
    sys.path[:] = before
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith((sys.argv[1], str(Path(sys.argv[1]).parent / "tests"))):
            del sys.modules[name]
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    """What went wrong with each script; all in one process, which loads torch once and leaves this one as it is."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORTING, str(BENCHMARKS), *SCRIPTS],
        capture_output=True, text=True, timeout=300, check=False, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_imports(told, script):
    assert told[script] == ""


def test_there_are_scripts():
    assert {"latency.py", "reading/train.py", "judge/train.py", "peers/compare.py", "reliability/run.py"} <= set(
        SCRIPTS
    )
