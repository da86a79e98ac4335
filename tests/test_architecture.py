"""The architecture itself: who may import whom, and where a platform may be named."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
CORE = sorted(
    path
    for folder in ("bot", "storage")
    for path in (ROOT / folder).rglob("*.py")
    if path != ROOT / "bot" / "settings.py"  # which names every platform
)
NETWORKS = ("telegram", "discord")
WIRING = ROOT / "bot" / "app.py"  # one line for each network
# The sandbox imitates services whose field names say on which network they themselves work.
SILENT = [path for path in CORE if "sandbox" not in path.parts and path != WIRING]


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def words(tree: ast.Module) -> list[str]:
    """Every name and every text in the code. Docstrings and comments may give examples."""
    said = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in said:
                found.append(text)
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name) | ast.arg(arg=name):
                found.append(name)
            case ast.ImportFrom(module=str(name)):
                found.append(name)
    return found


def test_the_import_contracts_hold():
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=100)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", SILENT, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_platform_is_named_outside_its_adapter_and_the_settings(path):
    named = [word for word in words(parsed(path)) for name in NETWORKS if name in word.lower()]

    assert named == []


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_asks_which_platform_it_is_on(path):
    asked = [
        node.lineno
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Compare)
        for side in (node.left, *node.comparators)
        if isinstance(side, ast.Attribute) and side.attr == "platform"
        for other in (node.left, *node.comparators)
        if isinstance(other, ast.Constant)
    ]

    assert asked == []


def test_no_file_names_a_package_index():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if tracked.returncode:
        pytest.skip("this is no git work tree")
    hosts = ["pypi" + ".org", "python" + "hosted.org", "npm" + "js.org", "debian" + ".org"]
    found = [
        (name, host)
        for name in tracked.stdout.splitlines()
        if (ROOT / name).is_file()
        for host in hosts
        if host.encode() in (ROOT / name).read_bytes()
    ]

    assert found == []


def imported(path: Path) -> set[str]:
    """Top-level names of what a module imports."""
    found = set()
    for node in ast.walk(parsed(path)):
        match node:
            case ast.Import(names=names):
                found |= {name.name.partition(".")[0] for name in names}
            case ast.ImportFrom(module=str(name), level=0):
                found.add(name.partition(".")[0])
    return found


def test_every_library_that_is_imported_is_a_declared_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {canonical(re.match(r"[\w.-]+", line).group()) for line in project["dependencies"]}
    declared |= {"yarl", "pydantic-core"}  # part of aiohttp and pydantic, which name them in their interface
    makers = packages_distributions()
    own = {"bot", "adapters", "storage"}

    used = {
        name: makers.get(name, [name])
        for folder in sorted(own)
        for path in (ROOT / folder).rglob("*.py")
        for name in imported(path) - own - sys.stdlib_module_names
    }
    assert [name for name, by in used.items() if not declared & {canonical(one) for one in by}] == []


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_the_lock_files_hold_every_declared_dependency_at_a_fitting_version(lock):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    declared = project["project"]["dependencies"]
    if "dev" in lock:
        declared = declared + project["dependency-groups"]["dev"]
    text = (ROOT / lock).read_text(encoding="utf-8")
    locked = {
        canonical(name): version for name, version in re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE)
    }

    wanted = [Requirement(line) for line in declared]
    assert [
        str(one) for one in wanted if not one.specifier.contains(locked.get(canonical(one.name), "0"))
    ] == []
    assert "://" not in text
