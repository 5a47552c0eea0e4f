"""The built wheel, installed into an environment of its own and run from an empty folder, without the clone."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel as it would be published."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir"]
    subprocess.run([*command, str(folder), str(ROOT)], check=True, timeout=300)
    [built] = folder.glob("*.whl")
    return built


def test_the_wheel_holds_all_that_is_no_python(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        required = archive.read(next(name for name in names if name.endswith("METADATA"))).decode()
    for name in ("catalog.toml", "py.typed", "server/view.html", "app/static/page.css"):
        assert f"sidebyside/{name}" in names
    samples = {name for name in names if name.startswith("sidebyside/samples/")}
    assert len(samples) == len(list((ROOT / "index" / "seeds").glob("*.txt")))
    assert any(name.startswith("sidebyside/weights/") for name in names)
    assert not any(name.startswith(("tests/", "benchmarks/")) for name in names)
    light = [line for line in required.splitlines() if line.startswith("Requires-Dist:") and "extra ==" not in line]
    assert not any(name in line for line in light for name in ("torch", "llama", "sentence"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The folder of the commands of an environment with the wheel; other packages are those of this environment."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=120)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", str(wheel)]
    subprocess.run(pip, check=True, timeout=300)
    [site] = folder.glob("lib/python*/site-packages")
    # Plain paths: the link of the editable install to the clone is not followed from here.
    (site / "others.pth").write_text("\n".join(path for path in sys.path if path.endswith("site-packages")) + "\n")
    return folder / "bin"


@pytest.fixture
def environment(tmp_path) -> dict[str, str]:
    """A user with an empty home, whose settings are all defaults."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {**kept, "HOME": str(tmp_path / "home"), "SIDEBYSIDE_LOG": "off"}


def test_it_runs_from_an_empty_folder(installed, environment, tmp_path):
    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    script = str(installed / "sidebyside")
    assert run(script, "--version").stdout.startswith("sidebyside ")
    where = run(str(installed / "python"), "-c", "import sidebyside; print(sidebyside.__file__)").stdout
    assert where.startswith(str(installed.parent)), where
    assert "Usage: sidebyside" in run(str(installed / "python"), "-m", "sidebyside", "--help").stdout
    asked = run(script, "ask", "--no-llm", "anything")
    assert asked.returncode == 1
    assert str(tmp_path / "home") in asked.stderr
    assert "sidebyside index" in asked.stderr
    listed = json.loads(run(script, "models", "list", "--json").stdout)
    assert {model["state"] for model in listed["models"]} == {"missing"}


@pytest.mark.integration
def test_the_first_chat_takes_the_samples_and_answers(installed, environment, tmp_path, encoder):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(installed / "sidebyside"), "chat", "--yes", "--no-llm", "--port", str(port)]
    given = {**environment, "SIDEBYSIDE_MODELS": str(Path(encoder.folder).parent.absolute())}
    with subprocess.Popen(command, cwd=tmp_path, env=given, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            lines = []
            while not (lines and "sidebyside is at" in lines[-1]):
                lines.append(server.stdout.readline())
                assert lines[-1], lines
            body = json.dumps({"question": "Which artifact has the highest UnfragileRank?"}).encode()
            asked = urllib.request.Request(
                f"http://127.0.0.1:{port}/api/answer", body, {"Content-Type": "application/json"}
            )
            began = time.monotonic()
            with urllib.request.urlopen(asked, timeout=60) as response:
                answer = json.load(response)
            assert time.monotonic() - began < 60
        finally:
            server.send_signal(signal.SIGTERM)
    assert "55/100" in answer["text"]
    assert "2 pages, 4 artifacts" in "".join(lines)
    data = tmp_path / "home" / ".local" / "share" / "sidebyside" / "index"
    if sys.platform == "linux":
        assert (data / "CURRENT").is_file()
        assert list(tmp_path.iterdir()) == [tmp_path / "home"]
