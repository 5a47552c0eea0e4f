"""How the package hangs together: imports go one way, the shell starts light, nothing leaves the machine."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "sidebyside"

# The stations on the way from a page to an answer. None knows another: what they share are the nouns in records.
STAGES = {
    *("pages", "library", "passages", "embedding", "index"),
    *("question", "retrieval", "facts", "evidence", "prompts", "generation", "verification", "models", "suggestions"),
}
# The one exception: a generation on disk holds a library and passages, so the index calls what reads them.
KNOWS = {"index": {"library", "passages"}}
# The parts that put stages together, and the interfaces on top of them.
COMPOSING = {
    *("assistant", "asking", "lanes", "indexing", "scanning", "evaluation", "doctor"),
    *("aio", "cli", "app", "server", "__init__", "__main__"),
}
# Libraries that take long to load, and the parts that may name them at all.
HEAVY = {
    "torch": {"embedding"},
    "sentence_transformers": {"embedding"},
    "transformers": {"embedding"},
    "chromadb": {"chroma", "chroma_server"},
    "gradio": {"app"},
    "llama_cpp": {"generation_engine", "generation_tokens", "generation_worker"},
    "huggingface_hub": {"downloads"},
}
# Modules that may load a heavy library as soon as they are imported, because they themselves are imported only when
# it is needed: what runs in the model's own process, and the chat page behind its front door.
LATE = {"generation_engine", "generation_tokens", "generation_worker"}


def modules() -> Iterator[tuple[str, Path]]:
    """(dotted name inside the package, file) of every module."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts), path


def imports(path: Path) -> Iterator[tuple[str, bool, bool]]:
    """(imported module, runs when the module is loaded, only for type checkers) for every import in a file."""

    def walk(node: ast.AST, top: bool, typing: bool) -> Iterator[tuple[str, bool, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                for alias in child.names:
                    yield alias.name, top, typing
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{path.name}: relative import"
                yield child.module or "", top, typing
                for alias in child.names:
                    yield f"{child.module}.{alias.name}", top, typing
            else:
                inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
                checking = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
                yield from walk(child, top and not inside, typing or checking)

    yield from walk(ast.parse(path.read_text(encoding="utf-8")), True, False)


def own_imports(path: Path) -> set[str]:
    """Names of the package's own top-level parts that a file imports, types included."""
    return {
        name.split(".")[1] for name, _top, _typing in imports(path) if name.startswith("sidebyside.") and "." in name
    } & {name.split(".")[0] for name, _path in modules()}


def test_only_interfaces_know_the_assistant():
    users = {name.split(".")[0] for name, path in modules() if "assistant" in own_imports(path)}
    assert users <= {
        *("__init__", "asking", "aio", "cli", "app", "server", "evaluation", "assistant"),
    }


def test_no_stage_imports_another_stage():
    for name, path in modules():
        part = name.split(".")[0]
        if part in STAGES:
            others = own_imports(path) & STAGES - {part}
            assert others <= KNOWS.get(part, set()), f"{name} imports {others}"


def test_nothing_below_imports_what_composes():
    for name, path in modules():
        if name.split(".")[0] not in COMPOSING:
            assert own_imports(path).isdisjoint(COMPOSING), name


def test_the_shared_nouns_import_nothing_of_the_package():
    assert own_imports(PACKAGE / "errors.py") == set()
    for path in (PACKAGE / "records").glob("*.py"):
        assert own_imports(path) <= {"records"}, path.name
    assert own_imports(PACKAGE / "settings.py") <= {"errors"}


def test_imports_have_no_circles():
    graph = {
        name: {
            found.removeprefix("sidebyside.")
            for found, top, typing in imports(path)
            if found.startswith("sidebyside.") and top and not typing
        }
        for name, path in modules()
    }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, f"circle: {' -> '.join((*trail, name))}"
        if name in done or name not in graph:
            return
        for target in graph[name]:
            if target != name:
                visit(target, (*trail, name))
        done.add(name)

    for name in graph:
        visit(name, ())


def test_only_the_owner_of_a_heavy_library_imports_it():
    for name, path in modules():
        for found, _top, typing in imports(path):
            owners = HEAVY.get(found.split(".")[0])
            assert typing or owners is None or name.split(".")[0] in owners, f"{name} imports {found}"


def test_importing_a_module_loads_no_heavy_library_by_any_road():
    graph = {name: {found for found, top, typing in imports(path) if top and not typing} for name, path in modules()}

    def heavy(name: str, seen: set[str]) -> set[str]:
        """Heavy libraries that are loaded with a module, directly or through others."""
        seen.add(name)
        reached = {found.split(".")[0] for found in graph[name]} & set(HEAVY)
        for found in graph[name]:
            inner = found.removeprefix("sidebyside.")
            if inner in graph and inner not in seen:
                reached |= heavy(inner, seen)
        return reached

    for name in graph:
        if name not in LATE and not name.startswith("app."):
            assert heavy(name, set()) == set(), name


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT, env={**os.environ, **environment}
    )


def test_help_loads_nothing_heavy_and_not_even_the_settings():
    code = "import sys, json; sys.argv = ['sidebyside', '--help']\n"
    code += "from sidebyside.cli import main\ntry:\n    main()\nexcept SystemExit:\n    pass\n"
    code += "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    result = run(sys.executable, "-c", code)
    loaded = set(json.loads(result.stdout.splitlines()[-1]))
    assert "Usage: sidebyside" in result.stdout
    assert loaded.isdisjoint({*HEAVY, "numpy", "pydantic", "pydantic_settings", "rich", "httpx", "asyncio"})


def test_importing_the_package_loads_nothing_heavy():
    code = "import sidebyside, sys; print(' '.join({name.split('.')[0] for name in sys.modules}))"
    loaded = set(run(sys.executable, "-c", code).stdout.split())
    assert "sidebyside" in loaded
    assert loaded.isdisjoint({*HEAVY, "numpy", "pydantic"})


def test_public_names_are_sorted_and_all_there():
    import sidebyside

    names = list(sidebyside.__all__)
    assert names == sorted(names)
    assert {"Answer", "Assistant", "BuildReport", "Citation", "answer", "build_index", "read_page"} <= set(names)
    for name in names:
        assert getattr(sidebyside, name) is not None
    assert set(names) <= set(dir(sidebyside))


def test_every_module_opens_with_its_job_and_stays_readable():
    for name, path in modules():
        text = path.read_text(encoding="utf-8")
        doc = ast.get_docstring(ast.parse(text))
        assert doc, f"{name} has no docstring"
        assert len(text.splitlines()) <= 400, f"{name} has more than 400 lines"


def test_functions_stay_short_enough_to_read():
    for name, path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                assert length <= 60, f"{name}.{node.name} has {length} lines"


def test_every_dependency_is_pinned_in_the_lock_and_the_lock_is_what_is_tested():
    from importlib.metadata import version

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").split()
    pins = {canonicalize_name(name): pin for name, _equals, pin in (line.partition("==") for line in lines)}
    assert all(pins.values()), "every line of requirements.lock is name==version"
    for wanted in map(Requirement, project["dependencies"] + project["optional-dependencies"]["test"]):
        pin = pins.get(canonicalize_name(wanted.name))
        assert pin, f"{wanted.name} is not in requirements.lock: run `make lock`"
        assert wanted.specifier.contains(pin), f"{wanted} but requirements.lock has {pin}"
        # Local versions (+cpu) are builds of the pinned one.
        assert version(wanted.name).partition("+")[0] == pin, f"{wanted.name} is not the version in requirements.lock"


# Loaded by every Python process that starts with this folder on its path: whoever looks up a name or connects to
# another machine is written down, and refused.
GUARD = """
import os, socket

def local(host):
    return host in (None, "", "localhost", b"localhost") or str(host).startswith(("127.", "::1"))

def note(host):
    with open(os.environ["SOCKET_LOG"], "a") as log:
        log.write(f"{host}\\n")
    raise OSError(f"refused by the test: {host}")

def guard(call, host_of):
    def guarded(*args, **kwargs):
        host = host_of(args)
        return call(*args, **kwargs) if local(host) else note(host)
    return guarded

socket.getaddrinfo = guard(socket.getaddrinfo, lambda args: args[0] if args else None)
class Guarded(socket.socket):
    def connect(self, address):
        if isinstance(address, tuple) and not local(address[0]):
            note(address[0])
        return super().connect(address)
socket.socket = Guarded
"""


def test_the_socket_guard_notices_a_connection(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(GUARD)
    code = "import urllib.request; urllib.request.urlopen('http://192.0.2.1/', timeout=1)"
    result = run(sys.executable, "-c", code, PYTHONPATH=str(tmp_path), SOCKET_LOG=str(tmp_path / "log"))
    assert result.returncode != 0
    assert (tmp_path / "log").read_text() == "192.0.2.1\n"


@pytest.mark.integration
def test_answering_opens_no_socket_to_another_machine(tmp_path, seed_index):
    (tmp_path / "sitecustomize.py").write_text(GUARD)
    result = run(
        *(sys.executable, "-m", "sidebyside", "ask", "--no-llm", "--index", str(seed_index)),
        "Which handles a longer context: LLaVA Llama 3 (8B) or Llama 3.2 90B Vision?",
        PYTHONPATH=str(tmp_path),
        SOCKET_LOG=str(tmp_path / "log"),
        HF_HUB_OFFLINE="0",
    )
    assert result.returncode == 0, result.stderr
    assert "128K" in result.stdout
    assert not (tmp_path / "log").exists(), (tmp_path / "log").read_text()


def _can_unshare() -> bool:
    """Whether this user may make a network namespace; containers often may not."""
    return run("unshare", "--net", "true").returncode == 0 if sys.platform == "linux" else False


@pytest.mark.integration
@pytest.mark.skipif(not _can_unshare(), reason="no right to make a network namespace; the guard above covers Python")
def test_answering_works_where_there_is_no_network_at_all(seed_index):
    result = run(
        *("unshare", "--net", sys.executable, "-m", "sidebyside", "ask", "--no-llm", "--index", str(seed_index)),
        "Which artifact has the highest UnfragileRank?",
    )
    assert result.returncode == 0, result.stderr
    assert "Stable-Diffusion" in result.stdout
    assert "55/100" in result.stdout
