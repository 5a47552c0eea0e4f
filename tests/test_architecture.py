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

# The rooms, in the order of the story, and the rooms each may import; records, text, errors and settings are open to
# all above them. An edge that is not named here is a decision somebody has to make on purpose.
ROOMS = {
    "records": set(),
    "text": set(),
    "pages": set(),
    "library": set(),
    "models": set(),
    "encoding": {"models"},
    "index": {"library"},
    "graph": set(),
    "building": {"pages", "library", "encoding", "index"},
    "question": {"encoding"},
    "evidence": {"encoding", "index"},
    "answers": {"question", "evidence"},
    "llm": {"models"},
    "decisions": set(),
    "prose": {"question", "answers", "llm"},
    "evaluation": {"assistant"},
    "serving": {"assistant", "bridge", "building", "decisions", "index", "models"},
    "server": {"decisions", "serving", "graph"},
    "app": {"answers", "server", "serving", "graph", "building", "index", "library", "llm", "models"},
    "cli": {"assistant", "app", "server", "serving", "building", "decisions", "encoding", "evaluation", "graph"}
    | {"index", "library", "llm", "models", "pages", "logs"},
}
OPEN = {"records", "text", "errors", "settings"}
# What the root holds beside the public surface, and which rooms each composes.
ROOT_MODULES = {
    "__init__": {"building", "decisions", "pages", "assistant", "aio"},
    "__main__": {"cli"},
    "assistant": {"answers", "decisions", "encoding", "evidence", "graph", "index", "llm", "models", "prose"}
    | {"question"},
    "aio": {"assistant", "bridge", "decisions", "llm"},
    "bridge": set(),
    "errors": set(),
    "logs": set(),
    "settings": set(),
}

# Libraries that take long to load, and the parts that may name them at all.
HEAVY = {
    "torch": {"encoding.embedding"},
    "sentence_transformers": {"encoding.embedding"},
    "transformers": {"encoding.embedding"},
    "chromadb": {"index.chroma", "index.chroma_remote"},
    "gradio": {"app"},
    "llama_cpp": {"llm.engine", "llm.worker"},
    "huggingface_hub": {"models.downloads"},
}
# Modules that may load a heavy library as soon as they are imported, because they themselves are imported only when
# it is needed: what runs in the model's own process, and the chat page behind its front door.
LATE = {"llm.engine", "llm.worker"}


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


def test_every_module_is_in_a_room():
    rooms = {path.relative_to(PACKAGE).parts[0] for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE}
    assert rooms == set(ROOMS)
    assert {path.stem for path in PACKAGE.glob("*.py")} == set(ROOT_MODULES)


def test_rooms_import_only_along_the_named_edges():
    for name, path in modules():
        part = name.split(".")[0]
        allowed = (ROOMS | ROOT_MODULES)[part] | OPEN
        assert own_imports(path) - {part} <= allowed, f"{name} imports {own_imports(path) - {part} - allowed}"


def test_every_named_edge_is_used():
    used: dict[str, set[str]] = {}
    for name, path in modules():
        part = name.split(".")[0]
        used.setdefault(part, set()).update(own_imports(path) - {part})
    unused = {part: edges - used.get(part, set()) for part, edges in (ROOMS | ROOT_MODULES).items()}
    assert {part: edges for part, edges in unused.items() if edges} == {}


def test_rooms_form_no_circle():
    graph = ROOMS | ROOT_MODULES
    ordered: list[str] = []
    while len(ordered) < len(graph):
        ready = [part for part, edges in graph.items() if part not in ordered and edges <= {*ordered, "logs"}]
        assert ready, f"circle among {set(graph) - set(ordered)}"
        ordered += ready


def test_the_shared_nouns_import_nothing_of_the_package():
    assert own_imports(PACKAGE / "errors.py") == set()
    for path in (PACKAGE / "text").glob("*.py"):
        assert own_imports(path) <= {"text"}, path.name
    for path in (PACKAGE / "records").glob("*.py"):
        assert own_imports(path) <= {"records", "text", "errors"}, path.name
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
            owned = owners is None or name in owners or name.split(".")[0] in owners
            assert typing or owned, f"{name} imports {found}"


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


def test_every_module_opens_with_its_job():
    for name, path in modules():
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), f"{name} has no docstring"


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
