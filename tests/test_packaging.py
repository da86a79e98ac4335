"""What is shipped: the wheel holds everything, and runs where there is no source tree."""

import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.timeout(600)  # a fresh environment may have everything to download
UNREACHABLE = re.compile(
    r"dns error|error sending request|failed to fetch|NewConnectionError|connection error|Max retries|"
    r"Temporary failure in name resolution|No address associated",
    re.IGNORECASE,
)


def run(*command: object, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, made from what a clone holds."""
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in ("bot", "adapters", "storage"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    built = run(sys.executable, "-m", "build", "--wheel", "--no-isolation", cwd=source, timeout=100)
    assert built.returncode == 0, built.stdout + built.stderr
    return next((source / "dist").glob("chatelier-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The programs of a fresh environment that has the wheel and what the lock file lists, no more."""
    home = tmp_path_factory.mktemp("installed")
    python = home / "bin" / "python"
    lock = ("--require-hashes", "-r", ROOT / "requirements.lock")
    if uv := shutil.which("uv"):
        run(uv, "venv", "-q", "--python", sys.executable, home, check=True)
        install = (uv, "pip", "install", "-q", "--python", python)
    else:
        run(sys.executable, "-m", "venv", home, check=True)
        install = (python, "-m", "pip", "install", "-q", "--disable-pip-version-check")
    for what in (lock, ("--no-deps", wheel)):
        done = run(*install, *what)
        if done.returncode and UNREACHABLE.search(done.stderr):
            pytest.skip("no package index can be reached to fill a fresh environment")
        assert done.returncode == 0, done.stderr
    return python.parent


@pytest.fixture
def elsewhere(tmp_path) -> dict[str, object]:
    """A folder that is not the source tree, and an environment without settings."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    return {"cwd": tmp_path, "env": kept, "timeout": 60}


def test_the_wheel_holds_packages_page_texts_and_migrations(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())

    for folder in ("bot", "adapters", "storage"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert str(path.relative_to(ROOT)) in names
    assert "bot/locale/zh_CN.po" in names
    assert any(name.startswith("storage/migrations/versions/0001") for name in names)
    assert any(name.startswith("adapters/web/") and name.endswith(".html") for name in names)
    assert not [name for name in names if name.startswith("tests")]


def test_the_wheel_says_what_it_is(wheel):
    shown = zipfile.ZipFile(wheel)
    info = next(name for name in shown.namelist() if name.endswith(".dist-info/METADATA"))
    told = shown.read(info).decode()

    assert "\nName: chatelier\n" in told
    assert "\nRequires-Python: >=3.11\n" in told
    assert "\nLicense-Expression: MIT\n" in told
    assert (
        "chatelier = bot.__main__:main" in shown.read(info.replace("METADATA", "entry_points.txt")).decode()
    )


def test_every_module_imports_where_it_is_installed(installed, elsewhere):
    program = (
        "import importlib, pkgutil, bot, adapters, storage\n"
        "for package in (bot, adapters, storage):\n"
        "    for module in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "        if module.name not in ('bot.__main__', 'storage.migrations.env'):\n"
        "            importlib.import_module(module.name)\n"
        "from bot.texts import _, speaking\n"
        "with speaking('zh-CN'):\n"
        "    print(bot.__file__, _('Retry'))\n"
    )
    done = run(installed / "python", "-W", "error::UserWarning", "-c", program, **elsewhere)

    assert done.returncode == 0, done.stderr
    assert str(ROOT) not in done.stdout
    assert "Retry" not in done.stdout


def test_the_installed_program_explains_itself(installed, elsewhere):
    done = run(installed / "chatelier", "--help", **elsewhere)

    assert done.returncode == 0, done.stderr
    for command in ("run", "check", "migrate", "backup", "restore", "sandbox"):
        assert f" {command} " in done.stdout


def test_the_installed_program_serves_its_page_and_closes_when_asked(installed, elsewhere):
    environment = {**elsewhere["env"], "WEB_PORT": "0"}
    with subprocess.Popen(
        [installed / "chatelier"], cwd=elsewhere["cwd"], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            line = process.stdout.readline()
            address = re.search(r"http://127\.0\.0\.1:\d+", line).group()
            with urllib.request.urlopen(f"{address}/", timeout=30) as page:
                assert "text/html" in page.headers["content-type"]
            process.send_signal(signal.SIGTERM)

            assert process.wait(30) == 0
            assert "sandbox" in line
        finally:
            process.kill()


def test_the_image_is_made_from_what_is_there_and_nothing_else():
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copied = {
        name
        for line in lines
        if line.startswith("COPY ") and "--from" not in line
        for name in line.split()[1:-1]
    }
    let_through = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    }

    assert copied == let_through
    assert all((ROOT / name).exists() for name in copied)
    assert 'CMD ["python", "-m", "bot"]' in lines
    assert lines.index("USER chatelier") < lines.index('CMD ["python", "-m", "bot"]')
