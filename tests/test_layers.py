"""What docs/architecture.md promises about the code's shape, held by its syntax trees."""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = {
    "analysis": {"analysis"},
    "sensors": {"sensors", "analysis"},
    "dashboard": {"dashboard", "analysis"},
    "blocklists": {"blocklists", "analysis"},
    "deploy": {"deploy"},
}
"""Package: the packages of ours that it may import."""
HOMES = {
    "scapy": "sensors/",
    "pcapy": "sensors/",
    "dash": "dashboard/",
    "dash_ag_grid": "dashboard/",
    "dash_cytoscape": "dashboard/",
    "dash_mantine_components": "dashboard/",
    "plotly": "dashboard/",
    "flask": "dashboard/",
    "waitress": "dashboard/",
    "sqlite3": "analysis/store/",
}
"""Library: the only place that may import it."""
FILE_LINES, FUNCTION_LINES = 300, 40
FORBIDDEN_CALLS = {"eval", "exec", "compile", "os.system", "os.popen", "yaml.unsafe_load", "yaml.full_load"}
FORBIDDEN_MODULES = {"pickle", "cPickle", "shelve", "marshal", "dill", "telnetlib"}
FORBIDDEN_WHEN_TRUE = {"shell", "html", "debug", "dangerously_allow_html"}
VAGUE = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}
TOO_LONG = {
    "analysis/events.py": "the vocabulary: a list of records that is read in one piece",
}
"""File, or file:function, and why it may be longer."""

SOURCES = sorted(path for layer in LAYERS for path in (ROOT / layer).rglob("*.py"))


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every import, also those inside functions and by importlib."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." * node.level + (node.module or "")
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in (
            "importlib.import_module",
            "__import__",
        ):
            name = node.args[0]
            yield node.lineno, str(name.value) if isinstance(name, ast.Constant) else "?"


def test_imports_go_one_way() -> None:
    wrong = []
    for path in SOURCES:
        layer = path.relative_to(ROOT).parts[0]
        for line, name in imports(path):
            top = name.split(".")[0]
            across = top in LAYERS and top not in LAYERS[layer]
            if across or top in ("", "tests", "benchmarks", "sentinel"):
                wrong.append(f"{place(path)}:{line} imports {name}")
    assert wrong == []


def test_each_library_stays_at_home() -> None:
    wrong = []
    for path in SOURCES:
        for line, name in imports(path):
            home = HOMES.get(name.split(".")[0])
            if home is not None and not place(path).startswith(home):
                wrong.append(f"{place(path)}:{line} imports {name}, which belongs into {home}")
    assert wrong == []


def test_what_runs_before_anything_is_installed_needs_no_package() -> None:
    for path in [ROOT / "sentinel.py", *(ROOT / "deploy").glob("*.py")]:
        tops = {name.split(".")[0] for _, name in imports(path)}
        inside = {"analysis", "dashboard", "sensors"} if path.name == "sentinel.py" else set()
        assert tops <= set(sys.stdlib_module_names) | {"deploy", "__future__"} | inside, path
    at_start = ast.Module([n for n in tree(ROOT / "sentinel.py").body if "import" in ast.unparse(n)[:7]], [])
    assert not {"analysis", "dashboard", "deploy"} & {
        word for word in re.findall(r"\w+", ast.unparse(at_start))
    }


def test_files_and_functions_are_short() -> None:
    long = {}
    for path in SOURCES:
        long[place(path)] = len(path.read_text(encoding="utf-8").splitlines()) - FILE_LINES
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                long[f"{place(path)}:{node.name}"] = lines - FUNCTION_LINES
    over = {name: by for name, by in long.items() if by > 0}
    assert {name: f"{by} lines too long" for name, by in over.items() if name not in TOO_LONG} == {}
    assert set(TOO_LONG) <= set(over), "an exception that is no longer needed"


def test_names_say_what_is_inside() -> None:
    vague = [place(path) for path in SOURCES if VAGUE & {*path.stem.split("_"), *path.parent.name.split("_")}]
    assert vague == []


def dangers(path: Path) -> Iterator[str]:
    """Calls and imports that text from the wire must never reach."""
    for line, name in imports(path):
        if name.split(".")[0] in FORBIDDEN_MODULES:
            yield f"{place(path)}:{line} imports {name}"
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            function = ast.unparse(node.func)
            keywords = {k.arg: ast.unparse(k.value) for k in node.keywords}
            loader = keywords.get("Loader") or " ".join(ast.unparse(arg) for arg in node.args[1:2])
            unsafe = function in ("yaml.load", "yaml.load_all") and "Safe" not in loader
            loose = any(keywords.get(word) == "True" for word in FORBIDDEN_WHEN_TRUE)
            if function in FORBIDDEN_CALLS or unsafe or loose:
                yield f"{place(path)}:{node.lineno} calls {function}"


def test_no_shell_no_eval_no_pickle() -> None:
    assert [danger for path in SOURCES for danger in dangers(path)] == []


@pytest.mark.parametrize(
    "line",
    [
        "subprocess.run('ls', shell=True)", "os.system(x)", "eval(x)", "exec(x)", "import pickle",
        "from pickle import loads", "yaml.load(x)", "yaml.load(x, yaml.Loader)", "Markdown(html=True)",
        "app.run(debug=True)",
    ],
)  # fmt: skip
def test_each_danger_would_be_seen(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "tree", lambda _: ast.parse(line))
    assert len(list(dangers(ROOT / "analysis" / "x.py"))) == 1


def members(path: Path, package: str) -> set[str]:
    """The modules of a package that a file imports from it."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module == package:
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(package + "."):
            found.add((node.module or "").removeprefix(package + "."))
    return found


def listed(package: str) -> set[str]:
    """The modules that a package's visible list is made of."""
    return members(ROOT / package / "__init__.py", package.replace("/", ".")) - {"base"}


@pytest.mark.parametrize("package", ["analysis/detectors", "dashboard/pages", "sensors/parsers"])
def test_each_file_of_a_kind_is_listed(package: str) -> None:
    """A detector, page or parser that nobody listed would silently do nothing. Files that others of
    the folder import are parts of those."""
    files = {path.stem for path in (ROOT / package).glob("*.py")} - {"__init__", "base"}
    dotted = package.replace("/", ".")
    used = {name for file in files for name in members(ROOT / package / f"{file}.py", dotted)}
    assert files - listed(package) - used == set()


@pytest.mark.parametrize("package", ["analysis/detectors", "dashboard/pages", "sensors/parsers"])
def test_each_listed_file_is_tested(package: str) -> None:
    """By a test file of its name, or by one of the folder's tests that imports it."""
    tests = list((ROOT / "tests" / package).rglob("test_*.py"))
    tested = {path.stem.removeprefix("test_") for path in tests}
    for path in tests:
        tested |= members(path, package.replace("/", "."))
    assert listed(package) - tested == set()
