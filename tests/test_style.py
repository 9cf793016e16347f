"""The figures and rules of style that no linter of ours knows.

A function's length is its lines of code: its docstring, comments and empty lines cost nothing.
"""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULE_LINES = 300
FUNCTION_LINES = 40
NESTING = 4
BANNED_NAMES = frozenset(
    {"utils", "helpers", "common", "manager", "handler", "process", "data", "info", "misc"}
)
FLASK_ROOMS = ("service/api/", "service/web/", "service/sandbox/", "service/app.py")
BROAD = frozenset({"Exception", "BaseException"})
# In pieces, so that this file does not contain them.
FOREIGN = tuple(
    "".join(parts)
    for parts in (
        ("/wo", "rk/"),
        ("/", "root/"),
        ("/ho", "me/"),
        ("pypi.", "org"),
        ("python", "hosted.org"),
        ("registry.npm", "js"),
        ("arti", "factory"),
        ("nex", "us."),
    )
)
BINARY = frozenset({".ttf", ".mo", ".png", ".ico", ".woff2", ".pdf"})

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _python_files(folder: str) -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for path in (ROOT / folder).rglob("*.py"))


MODULES = [name for name in _python_files("service") if "/migrations/" not in name]
TESTS = _python_files("tests")


def test_no_module_is_too_long() -> None:
    """A module fits on a few screens: 300 lines with all that is in it, migrations excepted."""
    sizes = {name: len(_text(name).splitlines()) for name in MODULES}

    assert {name: size for name, size in sizes.items() if size > MODULE_LINES} == {}


def test_no_function_is_too_long() -> None:
    """40 lines of code each; docstrings, comments and empty lines are not counted."""
    sizes = {
        f"{name}: {function.name}": _code_lines(function, lines)
        for name in MODULES
        for lines in [_text(name).splitlines()]
        for function in _functions(name)
    }

    assert {name: size for name, size in sizes.items() if size > FUNCTION_LINES} == {}


def test_nothing_is_nested_too_deeply() -> None:
    """At most four blocks stand inside each other in one function."""
    depths = {
        f"{name}: {function.name}": _depth(function) for name in MODULES for function in _functions(name)
    }

    assert {name: depth for name, depth in depths.items() if depth > NESTING} == {}


def test_every_test_says_what_it_holds() -> None:
    """Each test function has a docstring of at least one sentence."""
    silent = [
        f"{name}: {function.name}"
        for name in TESTS
        for function in _functions(name)
        if function.name.startswith("test_") and len((ast.get_docstring(function) or "").split()) < 3
    ]

    assert silent == []


def test_nothing_is_left_to_do() -> None:
    """What is missing stands in an issue, not in the code."""
    marks = re.compile(r"\b(TO" + "DO|FIX" + "ME|XX" + r"X)\b")

    assert [name for name in MODULES + TESTS if marks.search(_text(name))] == []


def test_flask_ends_at_the_edges() -> None:
    """Only the API, the pages, the sandbox and the application know the web framework."""
    found = [
        f"{name}: {module}"
        for name in MODULES
        if not name.startswith(FLASK_ROOMS)
        for module in _imports(name)
        if module.partition(".")[0] in {"flask", "flask_babel", "werkzeug"}
    ]

    assert found == []


def test_no_error_is_swallowed_unseen() -> None:
    """Whoever catches everything raises it anew, or says why, on the line or right below it."""
    hidden = [
        f"{name}: {handler.lineno}"
        for name in MODULES
        for handler in ast.walk(_tree(name))
        if isinstance(handler, ast.ExceptHandler) and _is_broad(handler)
        if not (_raises_anew(handler) or _has_reason(handler, _text(name).splitlines()))
    ]

    assert hidden == []


def test_a_module_is_named_for_what_is_in_it() -> None:
    """No folder and no module has a name that would fit any other."""
    parts = {name: set(Path(name).with_suffix("").parts) for name in MODULES + TESTS}

    assert {name: found & BANNED_NAMES for name, found in parts.items() if found & BANNED_NAMES} == {}


def test_no_file_names_a_machine_or_a_registry() -> None:
    """What is tracked works on any machine: no absolute home, no host that packages come from."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    texts = [
        name
        for name in listed.stdout.split("\0")
        if name and (ROOT / name).is_file() and Path(name).suffix not in BINARY and "vendor/" not in name
    ]

    assert len(texts) > 300
    assert [
        f"{name}: {one}" for name in texts for text in [_text(name)] for one in FOREIGN if one in text
    ] == []


@pytest.mark.parametrize(
    ("code", "lines", "depth"),
    [
        ("def f():\n    '''One.\n\n    Two.\n    '''\n    # why\n\n    return 1", 2, 0),
        (
            "def f():\n    for a in b:\n        if a:\n            pass\n        elif b:\n            pass",
            6,
            2,
        ),
        ("def f():\n    if a:\n        pass\n    elif b:\n        pass\n    elif c:\n        pass", 7, 1),
        ("def f():\n    def g():\n        if a:\n            pass\n    return g", 5, 1),
    ],
)
def test_the_measures_measure(code: str, lines: int, depth: int) -> None:
    """A docstring costs nothing, an ``elif`` is no deeper than its ``if``."""
    [function] = [node for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)]

    assert (_code_lines(function, code.splitlines()), _depth(function)) == (lines, depth)


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _tree(name: str) -> ast.Module:
    return ast.parse(_text(name))


def _functions(name: str) -> Iterator[Function]:
    return (node for node in ast.walk(_tree(name)) if isinstance(node, Function))


def _imports(name: str) -> Iterator[str]:
    for node in ast.walk(_tree(name)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def _code_lines(function: Function, lines: list[str]) -> int:
    own = set(range(function.lineno, (function.end_lineno or function.lineno) + 1))
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        own -= set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return sum(
        lines[number - 1].strip() != "" and not lines[number - 1].strip().startswith("#") for number in own
    )


def _depth(node: ast.AST) -> int:
    blocks = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match)
    deepest = 0
    for child in ast.iter_child_nodes(node):
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]
        deepest = max(deepest, _depth(child) + (isinstance(child, blocks) and not is_elif))
    return deepest


def _is_broad(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or (isinstance(handler.type, ast.Name) and handler.type.id in BROAD)


def _raises_anew(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def _has_reason(handler: ast.ExceptHandler, lines: list[str]) -> bool:
    return "  # " in lines[handler.lineno - 1] or lines[handler.lineno].lstrip().startswith("# ")
