"""The floors of the house: who may import whom, how long things may be, and that each says what it is."""

import ast
import inspect
import io
import re
import tokenize
from pathlib import Path

import pytest
from django.conf import settings

from registry_app.urls import NAMESPACES

ROOT = Path(settings.BASE_DIR)
APP = "registry_app"

# A room imports from rooms of lower numbers only; rooms of the same number never meet.
LEVELS = {
    "choices": 0,
    "rules": 1,
    "database": 2,
    "models": 3,
    "permissions": 4,
    "audit": 4,
    "search": 4,
    "authentication": 4,
    "importers": 4,
    "forms": 5,
    "operations": 5,
    "listings": 6,
    "views": 7,
    "api": 7,
    "admin": 7,
    "management": 7,
    "middleware": 7,
    "context_processors": 7,
    "apps": 7,
    "templatetags": 7,
    "urls": 8,
}
FUNCTION_LINES, FILE_LINES = 25, 300
TEMPLATE_LINES, TEMPLATE_COLUMNS = 60, 120

# Django loads apps.py before any model can be: what `ready` needs, it imports when it runs.
MAY_IMPORT_INSIDE = {(f"{APP}/apps.py", "ready")}


def rooms():
    """The path (from the root) and source of every module; migrations are generated, and judged by Django."""
    for folder in (APP, "config", "benchmarks/demo"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            path = file.relative_to(ROOT).as_posix()
            if not path.startswith(f"{APP}/migrations/"):
                yield path, file.read_text()


def room_of(module):
    """The room of a dotted module of the app: registry_app.models.event is in models."""
    return [*module.split("."), ""][1]


def module_of(path):
    """The dotted name of a file."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imported(path, node):
    """The dotted names that an import statement in `path` asks for."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    package = module_of(path).split(".")
    if not path.endswith("/__init__.py"):
        package.pop()
    base = package[: len(package) - node.level + 1] if node.level else []
    base += node.module.split(".") if node.module else []
    return [".".join([*base, alias.name]) for alias in node.names]


def nodes(source, *kinds):
    """The nodes of these kinds anywhere in `source`."""
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, kinds)]


IMPORTS, FUNCTIONS = (ast.Import, ast.ImportFrom), (ast.FunctionDef, ast.AsyncFunctionDef)


# Each of these answers what in one file breaks one rule.


def level_faults(path, source):
    """Imports that don't lead down to a lower room."""
    if not path.startswith(f"{APP}/") or path == f"{APP}/__init__.py":
        return
    room = room_of(module_of(path))
    if room not in LEVELS:
        yield f"the room {room} has no level"
        return
    for node in nodes(source, *IMPORTS):
        for name in imported(path, node):
            target = room_of(name) if name.startswith(f"{APP}.") else None
            if target not in {None, room} and LEVELS.get(target, 99) >= LEVELS[room]:
                yield f"line {node.lineno}: {room} imports {target}"


def relative_faults(path, source):
    """Inside the app imports are relative."""
    for node in nodes(source, *IMPORTS) if path.startswith(f"{APP}/") else ():
        if any(name.split(".")[0] == APP for name in imported(path, node)) and not getattr(node, "level", 0):
            yield f"line {node.lineno}: an absolute import inside the app"


def border_faults(path, source):
    """The site and the app don't import each other, and neither imports the benchmarks with the demo."""
    others = {"config": {APP, "benchmarks"}, APP: {"config", "benchmarks"}}.get(path.split("/")[0], set())
    for node in nodes(source, *IMPORTS):
        asked = others & {name.split(".")[0] for name in imported(path, node)}
        yield from (f"line {node.lineno}: imports {other}" for other in asked)


def inner_import_faults(path, source):
    """No import inside a function."""
    for function in nodes(source, *FUNCTIONS):
        inside = [node for node in ast.walk(function) if isinstance(node, IMPORTS)]
        if inside and (path, function.name) not in MAY_IMPORT_INSIDE:
            yield f"line {inside[0].lineno}: {function.name} imports inside"


def length_faults(path, source):
    """Functions of at most 25 lines, files of at most 300."""
    for function in nodes(source, *FUNCTIONS):
        lines = function.end_lineno - function.lineno + 1
        if lines > FUNCTION_LINES:
            yield f"line {function.lineno}: {function.name} has {lines} lines"
    if (lines := len(source.splitlines())) > FILE_LINES:
        yield f"{lines} lines"


def docstring_faults(path, source):
    """Each module that holds anything says what it is, and so do its public classes and functions."""
    module = ast.parse(source)
    for node in [module, *module.body] if module.body else ():
        named = isinstance(node, (*FUNCTIONS, ast.ClassDef)) and not node.name.startswith("_")
        if (named or node is module) and not ast.get_docstring(node):
            yield f"no docstring on {getattr(node, 'name', 'the module')}"


# Private words of before, each with a term of the field in its place (docs/glossary.md).
PRIVATE_WORDS = {
    *("enforce", "ledger", "Ledger", "founding", "found_organization", "found_installation", "finding", "Finding"),
    *("as_it_was", "RegistryThen", "replay", "Holdings", "Restriction", "access_path", "winners", "guards"),
    *("Door", "door"),
    *("registry_for", "RoleTooLow", "Moved", "posted", "helpers_of", "shelf_of", "shelf", "page_of", "_beyond"),
    *("people_called", "carry_out", "_take", "LawField", "SENT_ALONG", "AbleForm", "able", "MarkForm"),
    *("SourceFilter", "LawfulAdmin", "trying", "SeenForm", "StaysAdmin", "Facts", "enter", "birth", "counting"),
    *("reaching", "moving", "saying", "gist", "sealed", "AuditHead", "reopened", "refuse_end_of_charge", "naming"),
    *("story", "workshop", "mirror", "Mirror", "hashing", "Notes", "alike", "candidates"),
}


def word_faults(path, source):
    """Names are the field's terms."""
    tokens = {token.string for token in tokenize.generate_tokens(io.StringIO(source).readline)}
    yield from (f"the name {word}" for word in sorted(tokens & PRIVATE_WORDS))
    if PRIVATE_WORDS & set(path.removesuffix(".py").split("/")):
        yield "the path"


RULES = [
    word_faults,
    level_faults,
    relative_faults,
    border_faults,
    inner_import_faults,
    length_faults,
    docstring_faults,
]


@pytest.mark.parametrize("rule", RULES)
def test_every_file_keeps_the_rule(rule):
    faults = [f"{path}: {fault}" for path, source in rooms() for fault in rule(path, source)]
    assert not faults, "\n".join([rule.__doc__, *faults])


def templates():
    """The path (from the root) and source of every template of a page or a part of one."""
    for file in sorted((ROOT / "templates").rglob("*.html")):
        yield file.relative_to(ROOT).as_posix(), file.read_text()


def template_faults(path, source):
    """Templates of at most 60 lines, each of at most 120 columns; parts and components say first what they need."""
    lines = source.splitlines()
    for number, line in enumerate(lines, 1):
        if len(line) > TEMPLATE_COLUMNS:
            yield f"line {number}: {len(line)} columns"
    if len(lines) > TEMPLATE_LINES:
        yield f"{len(lines)} lines"
    if Path(path).name.startswith("_") and not source.startswith("{# "):
        yield "no comment that says what it needs"


def test_every_template_keeps_its_rule():
    faults = [f"{path}: {fault}" for path, source in templates() for fault in template_faults(path, source)]
    assert not faults, "\n".join([template_faults.__doc__, *faults])


def test_the_page_for_developers_says_the_same():
    text = (ROOT / "docs/developing.md").read_text()
    rows = re.findall(r"^\| (\d) \| (.+?) \|", text, re.MULTILINE)
    floors = {room: int(floor) for floor, cell in rows for room in re.findall(r"`(\w+)(?:/|\.py)`", cell)}
    assert floors == LEVELS
    limits = (
        f"functions of at most {FUNCTION_LINES} lines, files of at most {FILE_LINES}, "
        f"templates of at most {TEMPLATE_LINES} lines of {TEMPLATE_COLUMNS} characters"
    )
    assert limits in " ".join(text.split())


def test_an_address_is_called_as_its_view():
    views = {
        (namespace, path.name): inspect.unwrap(path.callback)
        for namespace, paths in NAMESPACES.items()
        for path in paths
    }
    named = {name: (view.__module__, view.__name__) for name, view in views.items()}
    assert named == {(file, name): (f"{APP}.views.{file}", name) for file, name in views}


def test_every_room_is_read():
    read = {path for path, _ in rooms()}
    assert {f"{APP}/choices.py", f"{APP}/models/registry.py", f"{APP}/apps.py", "config/settings.py"} <= read
    assert {"templates/base.html", "templates/registries/_table.html"} <= {path for path, _ in templates()}


def test_no_room_for_leftovers():
    assert not [path for path, _ in rooms() if Path(path).stem in {"utils", "helpers", "common", "misc"}]


# The tests: where a file's tests are, and what tests share.

# In these rooms a test file is called as the module that it tests; elsewhere it may be called as its topic.
MIRRORED = ("rules", "listings", "forms", "importers", "operations", "search", "audit", "api")


def modules(folder):
    """The names of the modules and packages in a folder."""
    found = {path.stem for path in (ROOT / folder).iterdir() if path.suffix == ".py" or path.is_dir()}
    return found - {"__init__", "__pycache__", "conftest"}


def files_of_tests():
    """The path (from the root) and source of every file of the tests."""
    return [(path.relative_to(ROOT).as_posix(), path.read_text()) for path in sorted((ROOT / "tests").rglob("*.py"))]


@pytest.mark.parametrize("room, folder", [*((room, f"{APP}/{room}") for room in MIRRORED), ("config", "config")])
def test_a_test_file_is_called_as_what_it_tests(room, folder):
    tested = {name.removeprefix("test_") for name in modules(f"tests/{room}")}
    assert tested <= modules(folder)


def test_every_file_of_rules_has_its_test_file():
    assert {f"test_{name}" for name in modules(f"{APP}/rules")} == modules("tests/rules")


def test_nothing_is_imported_from_a_test_file():
    shared = [
        (path, name)
        for path, source in files_of_tests()
        for node in nodes(source, *IMPORTS)
        for name in imported(path, node)
        if name.startswith("tests.") and any(part.startswith(("test_", "conftest")) for part in name.split(".")[1:])
    ]
    assert shared == []


LONG = "\n".join(["def f():", '    """It."""', *["    x = 1"] * 24])


@pytest.mark.parametrize(
    "rule, path, source, count",
    [
        (level_faults, "registry_app/rules.py", "from .choices import Kind", 0),
        (level_faults, "registry_app/rules.py", "from .models import Registry", 1),
        (level_faults, "registry_app/rules.py", "from . import choices, models", 1),
        (level_faults, "registry_app/rules.py", "import registry_app.models.event", 1),
        (level_faults, "registry_app/rules.py", "from registry_app import database, views", 2),
        (level_faults, "registry_app/models/registry.py", "from .event import record\nfrom .. import rules", 0),
        (level_faults, "registry_app/models/registry.py", "from .. import views", 1),
        (level_faults, "registry_app/models/__init__.py", "from .event import record\nfrom ..rules import x", 0),
        (level_faults, "registry_app/models/__init__.py", "from ..permissions import get_registry", 1),
        (level_faults, "registry_app/database/triggers.py", "from ..models.event import record", 1),
        (
            level_faults,
            "registry_app/views/accepted_types.py",
            "from ..permissions import get_registry\nfrom ..forms import F",
            0,
        ),
        (level_faults, "registry_app/views/accepted_types.py", "from ..admin import site", 1),
        (level_faults, "registry_app/management/commands/x.py", "from ...models import Registry", 0),
        (level_faults, "registry_app/management/commands/x.py", "from ...urls import y\nfrom ... import views", 2),
        (level_faults, "registry_app/forms/base.py", "from ..templatetags import registry_tags", 1),
        (level_faults, "registry_app/templatetags/tags.py", "from ..models import Registry\nfrom ..rules import x", 0),
        (level_faults, "registry_app/attic.py", "", 1),
        (level_faults, "registry_app/urls.py", "from .attic import x", 1),
        (level_faults, "registry_app/rules.py", "if x:\n    from . import models", 1),
        (level_faults, "config/urls.py", "from django.urls import path", 0),
        (relative_faults, "registry_app/urls.py", "from . import views\nfrom django import urls", 0),
        (relative_faults, "registry_app/urls.py", "from registry_app import views\nimport registry_app.models", 2),
        (border_faults, "config/urls.py", "from registry_app import views\nimport registry_app", 2),
        (border_faults, "config/urls.py", "from config import env\nfrom . import env", 0),
        (border_faults, "registry_app/views/x.py", "from config import env\nimport config.settings", 2),
        (border_faults, "registry_app/views/x.py", "from django.conf import settings", 0),
        (border_faults, "registry_app/views/x.py", "from benchmarks.demo.clock import run", 1),
        (border_faults, "benchmarks/demo/x.py", "from config import env\nfrom registry_app.models import Registry", 0),
        (inner_import_faults, "registry_app/rules.py", "def f():\n    import os", 1),
        (inner_import_faults, "registry_app/rules.py", "class C:\n    async def f(self):\n        from . import x", 1),
        (inner_import_faults, "registry_app/apps.py", "class C:\n    def ready(self):\n        from . import x", 0),
        (inner_import_faults, "registry_app/apps.py", "def other():\n    from . import x", 1),
        (inner_import_faults, "registry_app/rules.py", "try:\n    import os\nexcept ImportError:\n    pass", 0),
        (length_faults, "registry_app/rules.py", LONG, 1),
        (length_faults, "registry_app/rules.py", LONG.removesuffix("\n    x = 1"), 0),
        (length_faults, "registry_app/rules.py", "x = 1\n" * 300, 0),
        (length_faults, "registry_app/rules.py", "x = 1\n" * 301, 1),
        (docstring_faults, "registry_app/rules.py", '"""It."""\ndef _f(): ...\nclass _C: ...', 0),
        (docstring_faults, "registry_app/rules.py", "def f(): ...\nclass C:\n    def m(self): ...", 3),
        (docstring_faults, "registry_app/__init__.py", "", 0),
        (word_faults, "registry_app/rules.py", "def shelf(door):\n    return doors", 2),
        (word_faults, "registry_app/models/ledger.py", "x = 1  # a ledger", 1),
        (template_faults, "templates/x/index.html", "x" * 120 + "\n", 0),
        (template_faults, "templates/x/index.html", "x" * 121, 1),
        (template_faults, "templates/x/index.html", "x\n" * 60, 0),
        (template_faults, "templates/x/index.html", "x\n" * 61, 1),
        (template_faults, "templates/x/_part.html", "{# What. Needs: x. #}\n<p>", 0),
        (template_faults, "templates/x/_part.html", "<p>", 1),
    ],
)
def test_the_rules_see_what_breaks_them(rule, path, source, count):
    assert len(list(rule(path, source))) == count
