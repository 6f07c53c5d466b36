"""The house rules as functions: each takes one file and returns what is wrong with it, a line per fault.

tests/test_house_rules.py runs them over the checkout and over planted faults. A rule that Python's syntax decides
reads the syntax tree; text is searched only where there is no tree.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
APPS = ("registry", "sampling", "inspections", "publicity")
PRODUCT = ("kuancheng_inspect", *APPS)

# The front doors of an app; in sampling, whatever is not one of them is a pure module of the draw.
DOORS = {"__init__", "apps", "enums", "models", "querysets", "services", "forms", "views", "urls", "admin", "tasks"}
PURE = {
    "registry": {"text", "workdays"},
    "sampling": {path.stem for path in (BASE / "sampling").glob("*.py")} - DOORS - {"filters", "importers", "printing"},
    "inspections": {"deadlines"},
}

# Django calls these when it refuses a request; they are nobody's page.
ERROR_HANDLERS = {"bad_request", "forbidden", "not_found", "server_error", "csrf_failure"}

MAX_FILE, MAX_FUNCTION, MAX_VIEW, MAX_TEMPLATE = 400, 60, 25, 150

Rule = Callable[[str, str], list[str]]


def product_files(*, migrations: bool = False) -> list[Path]:
    """Every Python file of the product, sorted; migrations on demand."""
    found = [path for app in PRODUCT for path in (BASE / app).rglob("*.py")]
    return sorted(path for path in found if migrations or "migrations" not in path.parts)


def templates() -> list[Path]:
    """Every template, sorted."""
    return sorted(path for path in (BASE / "templates").rglob("*") if path.is_file())


def relative(path: Path) -> str:
    """The path as the rules see it: from the top of the checkout, with slashes."""
    return path.relative_to(BASE).as_posix()


# ----------------------------------------------------------------------------------------------- small syntax helpers


def _dotted(node: ast.AST) -> str:
    """`a.b.c` for a chain of names, else an empty string."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        head = _dotted(node.value)
        return f"{head}.{node.attr}" if head else ""
    return ""


def _imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything imported, `from a import b` as `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the first statement after the docstring to the end."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


# ---------------------------------------------------------------------------------------------- Python of the product

CLOCK_READERS = re.compile(
    r"^(?:.*\.)?(?:(?:datetime|dt)\.(?:now|utcnow|today)|date\.today|timezone\.(?:now|localdate|localtime)"
    r"|time\.(?:time|time_ns|localtime|gmtime))$"
)
CLOCK_IMPORTS = re.compile(
    r"^(?:django\.utils\.timezone\.(?:now|localdate|localtime)|time\.(?:time|time_ns|localtime|gmtime)"
    r"|django\.db\.models\.functions\.(?:.*\.)?Now)$"
)


def clock(path: str, source: str) -> list[str]:
    """Only registry/clock.py reads the clock (auto_now reads it too)."""
    if path == "registry/clock.py":
        return []
    tree = ast.parse(source)
    found = [
        f"{path}:{node.lineno}: {_dotted(node)} reads the clock; use registry.clock"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and CLOCK_READERS.match(_dotted(node))
    ]
    found += [f"{path}:{line}: imports {name}" for line, name in _imports(tree) if CLOCK_IMPORTS.match(name)]
    found += [
        f"{path}:{node.value.lineno}: {node.arg} reads the clock"
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword)
        and node.arg in {"auto_now", "auto_now_add"}
        and not (isinstance(node.value, ast.Constant) and node.value.value is False)
    ]
    return found


COUNTY = re.compile(r"\b(?:COUNTY_NAME|REGION_CODE|UPSTREAM_PLATFORM|COMPLAINT_PHONE)\b|宽城")
COUNTY_MAY = ("kuancheng_inspect/settings.py", "registry/county.py", "kuancheng_inspect/demo/")


def the_county_is_asked_for(path: str, source: str) -> list[str]:
    """What the county is called comes from registry/county.py alone: another county changes it on a page."""
    if path.startswith(COUNTY_MAY):
        return []
    return [
        f"{path}:{number}: names the county; ask registry.county"
        for number, line in enumerate(source.splitlines(), 1)
        if COUNTY.search(line) and not line.lstrip().startswith("#")
    ]


def addresses_have_one_source(path: str, source: str) -> list[str]:
    """Behind proxies REMOTE_ADDR is the proxy's, and X-Forwarded-For what a caller likes."""
    if path == "registry/addresses.py":
        return []
    return [
        f"{path}:{node.lineno}: {node.value}; use registry.addresses.client_address"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant)
        and str(node.value).lower().replace("-", "_") in {"remote_addr", "http_x_forwarded_for", "x_forwarded_for"}
    ]


def no_random(path: str, source: str) -> list[str]:
    """Chance in this product is either drawn in public or comes from `secrets`."""
    return [
        f"{path}:{line}: imports {name}"
        for line, name in _imports(ast.parse(source))
        if name.split(".")[0] == "random" or name.startswith("numpy.random") or name == "uuid.uuid1"
    ]


def no_signals(path: str, source: str) -> list[str]:
    """What happens after a change is written in the service that makes it."""
    return [
        f"{path}:{line}: imports {name}; signals hide what a service does"
        for line, name in _imports(ast.parse(source))
        if "signals" in name.split(".") or name.startswith("django.dispatch")
    ]


def celery_only_through_jobs(path: str, source: str) -> list[str]:
    """Work is handed to Celery in registry/jobs.py and nowhere else."""
    if path == "registry/jobs.py":
        return []
    return [
        f"{path}:{node.lineno}: .{node.func.attr}(); use registry.jobs.enqueue"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"delay", "delay_on_commit", "apply_async", "apply_async_on_commit", "send_task"}
    ]


WRITES = {"save", "delete", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}


def views_write_nothing(path: str, source: str) -> list[str]:
    """A view calls a service; it changes no row itself. (`update` counts with keywords: that is a queryset's.)"""
    if not _is_views(path):
        return []
    return [
        f"{path}:{node.lineno}: .{node.func.attr}() in a view"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (node.func.attr in WRITES or (node.func.attr == "update" and node.keywords))
    ]


def views_are_short(path: str, source: str) -> list[str]:
    """A view's body, decorators and docstring aside, has at most 25 lines."""
    if not _is_views(path):
        return []
    return [
        f"{path}:{function.lineno}: {function.name} has {_body_lines(function)} lines (at most {MAX_VIEW})"
        for function in _functions(ast.parse(source))
        if _body_lines(function) > MAX_VIEW
    ]


def views_say_who_may(path: str, source: str) -> list[str]:
    """Every function of a views module that takes a request and is public carries @requires(...)."""
    if not _is_views(path):
        return []
    return [
        f"{path}:{function.lineno}: {function.name} has no @requires"
        for function in ast.parse(source).body
        if isinstance(function, ast.FunctionDef)
        and not function.name.startswith("_")
        and not (path == "kuancheng_inspect/views.py" and function.name in ERROR_HANDLERS)
        and function.args.args
        and function.args.args[0].arg == "request"
        and not any(
            _dotted(decorator.func if isinstance(decorator, ast.Call) else decorator).split(".")[-1] == "requires"
            for decorator in function.decorator_list
        )
    ]


def sizes(path: str, source: str) -> list[str]:
    """Files have at most 400 lines, functions 60."""
    lines = source.count("\n") + 1
    found = [f"{path}: {lines} lines (at most {MAX_FILE})"] if lines > MAX_FILE else []
    return found + [
        f"{path}:{function.lineno}: {function.name} has {_body_lines(function)} lines (at most {MAX_FUNCTION})"
        for function in _functions(ast.parse(source))
        if _body_lines(function) > MAX_FUNCTION
    ]


def rows_are_protected(path: str, source: str) -> list[str]:
    """on_delete is PROTECT unless a comment on that line, or the one above, says why not."""
    lines = source.split("\n")
    return [
        f"{path}:{keyword.value.lineno}: on_delete={_dotted(keyword.value)} without a reason"
        for keyword in ast.walk(ast.parse(source))
        if isinstance(keyword, ast.keyword)
        and keyword.arg == "on_delete"
        and _dotted(keyword.value).split(".")[-1] != "PROTECT"
        and not any("#" in lines[number] for number in (keyword.value.lineno - 1, keyword.value.lineno - 2))
    ]


def locks_name_their_table(path: str, source: str) -> list[str]:
    """select_for_update() joined with select_related() locks every joined row, unless of= says which."""
    found = []
    for node in ast.walk(ast.parse(source)):
        names, call, options = set(), node, False
        while isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            names.add(call.func.attr)
            options |= call.func.attr == "select_for_update" and any(word.arg == "of" for word in call.keywords)
            call = call.func.value
        if {"select_for_update", "select_related"} <= names and not options:
            found.append(f"{path}:{node.lineno}: select_for_update with select_related says no of=")
    return found


HEAD_CHANGED = re.compile(r"(UPDATE|INTO)\s+registry_audithead|registry_audithead.*FOR (NO KEY )?UPDATE", re.DOTALL)


def heads_are_the_trails(path: str, source: str) -> list[str]:
    """The head of an audit stream is no lock for anything else: only registry/audit.py locks one, for the append."""
    if path == "registry/audit.py":
        return []
    return [
        f"{path}:{node.lineno}: a lock or a change of an audit head; see registry/services/holding.py"
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.Call) and re.match(r"AuditHead\.objects\b.*(select_for_update|create|update|lock)",
                                                    ast.unparse(node), re.DOTALL))
        or (isinstance(node, ast.Constant) and HEAD_CHANGED.search(str(node.value)))
    ]  # fmt: skip


def pure_modules(path: str, source: str) -> list[str]:
    """The pure modules import the standard library and one another, and neither chance nor the clock."""
    app, _, name = path.removesuffix(".py").partition("/")
    if name not in PURE.get(app, set()):
        return []
    siblings = {f"{package}.{module}" for package, modules in PURE.items() for module in modules}
    banned = {"random", "time", "secrets", "locale", "sqlite3", "uuid"} - ({"secrets"} if name == "bundle" else set())
    found = []
    for line, imported in _imports(ast.parse(source)):
        top = imported.split(".")[0]
        ours = any(imported == each or imported.startswith(f"{each}.") for each in siblings)
        ours = ours or (top in PURE and imported.split(".", 1)[1] in PURE[top])
        if not ours and (top not in sys.stdlib_module_names or top in banned):
            found.append(f"{path}:{line}: imports {imported}")
    return found


def text_is_folded(path: str, source: str) -> list[str]:
    """Text fields of forms are those of registry/webforms.py, which fold what comes in (registry/text.py)."""
    if path == "registry/webforms.py":
        return []
    found = []
    plain = {"CharField", "SlugField"}  # what has a pattern or a choice needs no folding
    tree = ast.parse(source)
    own = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django"
        for alias in node.names
        if alias.name == "forms"
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "django.forms":
            found += [
                f"{path}:{node.lineno} {one.name}: registry.webforms" for one in node.names if one.name in plain | {"*"}
            ]
        elif isinstance(node, ast.Attribute):
            name = _dotted(node)
            if name.rpartition(".")[0] in own | {"django.forms"} and node.attr in plain:
                found.append(f"{path}:{node.lineno} {name}: registry.webforms")
    return found


def packages_have_names(path: str, source: str) -> list[str]:
    """No drawer for everything."""
    parts = {part.removesuffix(".py") for part in path.split("/")}
    return [
        f"{path}: {name} says nothing"
        for name in sorted(parts & {"utils", "util", "common", "core", "helpers", "misc"})
    ]


def migrations_are_named(path: str, source: str) -> list[str]:
    """A migration's name says what it does."""
    name = path.rsplit("/", maxsplit=1)[-1]
    if "/migrations/" not in path or name == "__init__.py":
        return []
    good = re.fullmatch(r"\d{4}_[a-z0-9_]+\.py", name) and not re.search(r"_auto_|_and_more", name)
    return [] if good else [f"{path}: name the migration by hand"]


def _is_views(path: str) -> bool:
    return path.endswith("/views.py") or "/views/" in path


# ---------------------------------------------------------------------------------------------------------- templates


class _Inline(HTMLParser):
    """Collects what a strict Content-Security-Policy refuses."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        line = self.getpos()[0]
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append((line, f"inline <{tag}>"))
        for name, value in attrs:
            if name == "style" or re.match(r"on[a-z]+$|hx-on", name):
                self.found.append((line, f"{name}="))
            elif (value or "").strip().lower().startswith("javascript:"):
                self.found.append((line, "javascript: address"))


def nothing_inline(path: str, source: str) -> list[str]:
    """No inline script, style or handler: the policy of every page refuses them (mail has no policy)."""
    if "/email/" in path:
        return []
    without_tags = re.sub(r"{#.*?#}", "", source)
    parser = _Inline()
    parser.feed(re.sub(r"{{.*?}}", "x", re.sub(r"{%.*?%}", " ", without_tags)))
    return [f"{path}:{line}: {what}" for line, what in parser.found]


def template_size(path: str, source: str) -> list[str]:
    """At most 150 lines."""
    lines = source.count("\n") + 1
    return [f"{path}: {lines} lines (at most {MAX_TEMPLATE})"] if lines > MAX_TEMPLATE else []


def template_names(path: str, source: str) -> Iterator[re.Pattern[str]]:
    """Patterns of the templates that a Python file or a template mentions; `f"a/{b}.html"` matches any b."""
    suffix = re.compile(r"\.(?:html|txt|xml|svg|js|json)$")
    if not path.endswith(".py"):
        yield from (re.compile(re.escape(name)) for name in re.findall(r"""["']([\w/.-]+\.\w+)["']""", source))
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            name = node.value.split("#")[0]  # "list.html#rows" names a part of list.html
            if suffix.search(name):
                yield re.compile(re.escape(name))
        elif isinstance(node, ast.JoinedStr):
            parts = [re.escape(str(v.value)) if isinstance(v, ast.Constant) else r"[\w/.-]+" for v in node.values]
            if suffix.search("".join(parts).replace("\\", "")):
                yield re.compile("".join(parts))


# ----------------------------------------------------------------------------------------------------------- any text

# Put together from pieces, so that this file does not break its own rules.
UNFINISHED = re.compile(r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b")
MACHINE_PATH = re.compile(r"(?<![\w.:/}-])/(?:" + "|".join(("work", "root", "home")) + r")/[\w.]")
REGISTRY_HOST = re.compile(
    r"|".join(
        (r"pypi\." + "org", "python" + r"hosted\.org", "registry\\." + "npmjs", "deb\\." + "debian", "npmm" + "irror")
    )
)


def finished(path: str, source: str) -> list[str]:
    """No note to do something later: write an issue instead."""
    return [
        f"{path}:{n}: {line.strip()[:80]}" for n, line in enumerate(source.split("\n"), 1) if UNFINISHED.search(line)
    ]


def no_machine_paths(path: str, source: str) -> list[str]:
    """Nothing may depend on where somebody's checkout lies."""
    return [
        f"{path}:{n}: {line.strip()[:80]}" for n, line in enumerate(source.split("\n"), 1) if MACHINE_PATH.search(line)
    ]


def no_registry_hosts(path: str, source: str) -> list[str]:
    """Where packages are fetched from is the machine's business."""
    found = [f"{path}:{n}" for n, line in enumerate(source.split("\n"), 1) if REGISTRY_HOST.search(line)]
    if re.fullmatch(r"(?:requirements[\w-]*\.txt|.*package-lock\.json)", path) and "://" in source:
        found.append(f"{path}: an address in a lock file")
    return found


# -------------------------------------------------------------------------------------------------- Python of the tests


def files_of_tests() -> list[Path]:
    """Every Python file under tests/, sorted."""
    return sorted((BASE / "tests").rglob("*.py"))


def browsers_are_waited_for(path: str, source: str) -> list[str]:
    """Browser tests share one patience (steps.PATIENCE), and a phone goes online by `steps.go_online` alone.

    A bound of its own is too short on a busy machine; a network that is back before the test said what may pass lets
    out what the test is about to count.
    """
    if not path.startswith("tests/browser/") or path == "tests/browser/steps.py":
        return []
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = _dotted(node.func).rpartition(".")[2] or getattr(node.func, "attr", "")
        values = [keyword.value for keyword in node.keywords if keyword.arg == "timeout"]
        values += node.args[:1] if name == "set_default_timeout" else []
        if any(isinstance(value, ast.Constant) for value in values):
            found.append(f"{path}:{node.lineno}: a time-out of its own; use steps.PATIENCE")
        if name == "set_offline" and [ast.unparse(value) for value in node.args] == ["False"]:
            found.append(f"{path}:{node.lineno}: goes online by itself; use steps.go_online")
    return found


def bare_membership(source: str) -> int:
    """How many asserts of this source say only that something is `in` something: true of much that is wrong."""

    def bare(test: ast.expr) -> bool:
        if isinstance(test, ast.BoolOp):
            return all(bare(value) for value in test.values)
        return isinstance(test, ast.Compare) and all(isinstance(op, ast.In) for op in test.ops)

    return sum(isinstance(node, ast.Assert) and bare(node.test) for node in ast.walk(ast.parse(source)))
