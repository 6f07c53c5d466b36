"""How the tests run: which database, which settings, what is forbidden while they do.

`--engine=sqlite` (the default) or `--engine=postgres` chooses the database; `make test` runs both. The servers are
started here, once, in the controlling process, before Django reads its settings.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests import engine, migrated, servers, strict_templates
from tests.live_app import LiveApp, Worker, migrate, start_live_app

BASE = Path(__file__).resolve().parent.parent
VAR = BASE / "var"
CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
ENGINE_ONLY = {"pg", "race"}

# What has to stand in the environment before anything reads the settings (also in worker processes of xdist).
os.environ.update({"DJANGO_SETTINGS_MODULE": "kuancheng_inspect.settings", "TESTING": "1", "DEBUG": "0", "DEMO": "0"})
ASKED_DATABASE_URL = os.environ.get("DATABASE_URL", "")
ASKED_REDIS_URL = os.environ.pop("REDIS_URL", "")  # the tested process queues in memory; see `redis_url`

hypothesis.settings.register_profile("dev", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if CI else "dev")

_running = contextlib.ExitStack()
MISSING = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --engine."""
    parser.addoption("--engine", choices=("sqlite", "postgres"), default="sqlite", help="database to test on")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Start the database server, then Django: pytest-django finds its settings already configured."""
    if not hasattr(config, "workerinput"):
        signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated", returncode=143))
        config.stash[MISSING] = ""
        os.environ["MEDIA_ROOT"] = _running.enter_context(tempfile.TemporaryDirectory(prefix="kuancheng-media-"))
        os.environ["DATABASE_URL"] = _database_url(config)
    import django

    django.setup()
    engine.let_append_only_tables_be_flushed()
    strict_templates.install()


def pytest_unconfigure() -> None:
    """Stop what was started here."""
    _running.close()


def _database_url(config: pytest.Config) -> str:
    if config.getoption("--engine") == "sqlite":
        return "sqlite://:memory:"
    if ASKED_DATABASE_URL.startswith("postgres"):
        return ASKED_DATABASE_URL
    try:
        return _running.enter_context(servers.postgres()).url
    except servers.ServerMissing as missing:
        if CI:
            raise pytest.UsageError(f"{missing}; with CI=true that is a failure, run scripts/setup.sh") from missing
        config.stash[MISSING] = str(missing)
        return "sqlite://:memory:"


def pytest_report_header(config: pytest.Config) -> str:
    """Say which database the run is on."""
    missing = config.stash.get(MISSING, "")
    return f"database: {config.getoption('--engine')}" + (f" -- {missing}" if missing else "")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark tests/browser, before `-m` chooses."""
    if item.path.is_relative_to(BASE / "tests" / "browser"):
        item.add_marker("browser")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what this engine cannot run, put browser tests last.

    Last, because Playwright keeps an event loop running in this thread and Django then refuses its ORM here.
    """
    postgres = config.getoption("--engine") == "postgres"
    missing = config.stash.get(MISSING, "")
    for item in items:
        if missing:
            item.add_marker(pytest.mark.skip(reason=missing))
        elif not postgres and any(item.get_closest_marker(name) for name in ENGINE_ONLY):
            item.add_marker(pytest.mark.skip(reason="needs --engine=postgres"))
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """One loud line when PostgreSQL is missing."""
    if missing := config.stash.get(MISSING, ""):
        terminalreporter.write_line(f"NOT TESTED ON POSTGRESQL: {missing}; run scripts/setup.sh", red=True, bold=True)


# ---------------------------------------------------------------------------------------------------- what is forbidden


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """Sockets of the tested process reach this machine only."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


@pytest.fixture(autouse=True)
def _free_clock() -> Iterator[None]:
    """No test leaves the clock pinned for the next one (time-machine works below registry.clock and undoes itself)."""
    from registry import clock

    yield
    clock.pin(None)


@pytest.fixture(autouse=True)
def _full_buckets() -> None:
    """Accounts of rolled-back tests have the same ids: no test pays for the requests of another."""
    from registry import jobs, limits

    limits.sync.forget()
    jobs.broker.reset()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[None]:
    """The migrations run once for a checkout, not once for every run (tests/migrated.py)."""
    with migrated.remembered():
        yield


@pytest.fixture(autouse=True)
def missing_glyphs() -> Iterator[list[str]]:
    """No test prints a character that no font has; one that wants to clears the list."""
    lines: list[str] = []

    def note(record: logging.LogRecord) -> bool:
        words = record.getMessage()
        if words.startswith((".notdef", "no font has")):
            lines.append(words)
        return True

    sources = [logging.getLogger(name) for name in ("weasyprint", "registry.printing")]
    for source in sources:
        source.addFilter(note)
    yield lines
    for source in sources:
        source.removeFilter(note)
    assert lines == []


# ------------------------------------------------------------------------------------------------------------- servers


@pytest.fixture(scope="session")
def redis_server() -> Iterator[servers.Server]:
    """A Redis of our own, which a test may stop and start again."""
    try:
        with servers.redis() as server:
            yield server
    except servers.ServerMissing as missing:
        (pytest.fail if CI else pytest.skip)(str(missing))


@pytest.fixture(scope="session")
def redis_url(request: pytest.FixtureRequest) -> str:
    """Address of a Redis: REDIS_URL if it was set, else our own."""
    url: str = ASKED_REDIS_URL or request.getfixturevalue("redis_server").url
    return url


@pytest.fixture(scope="session")
def new_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """A function that makes a migrated, otherwise empty database of the engine under test and returns its address.

    The migrations run once; every database is a copy.
    """
    if request.config.getoption("--engine") == "postgres":
        server = os.environ["DATABASE_URL"]
        address = servers.create_database(server, "migrated")
        migrated.migrated(address, lambda: migrate(address))
        return lambda name: servers.create_database(server, name, template="migrated")
    folder = tmp_path_factory.mktemp("databases")
    address = f"sqlite:///{folder / 'migrated'}"
    migrated.migrated(address, lambda: migrate(address))
    return lambda name: f"sqlite:///{shutil.copy(folder / 'migrated', folder / name)}"


@pytest.fixture(scope="session")
def live_app(
    new_database: Callable[[str], str], redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveApp]:
    """The product as its own process on its own database, migrated and otherwise empty; one for the whole run."""
    with start_live_app(new_database("live"), redis_url, tmp_path_factory.mktemp("live")) as app:
        yield app


@pytest.fixture
def new_live_app(
    request: pytest.FixtureRequest, new_database: Callable[[str], str], redis_url: str, tmp_path: Path
) -> Iterator[LiveApp]:
    """As `live_app`, for one test alone."""
    name = "live_" + hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:16]
    with start_live_app(new_database(name), redis_url, tmp_path) as app:
        yield app


@pytest.fixture
def worker(live_app: LiveApp) -> Iterator[Worker]:
    """A Celery worker for `live_app`, while the test runs."""
    with live_app.worker() as process:
        yield process


# ------------------------------------------------------------------------------------------------------------- browser


@pytest.fixture(scope="session")
def base_url(live_app: LiveApp) -> str:
    """Where `page.goto("/daiban/")` goes."""
    return live_app.url


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The distribution's Chromium, headless, silent on the network."""
    programs = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for path in map(shutil.which, programs) if path), None)
    if found is None:
        (pytest.fail if CI else pytest.skip)("Chromium is not installed (package chromium)")
    silent = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    return browser_type_launch_args | {
        "executable_path": found,
        "headless": True,
        "args": ["--no-sandbox", "--disable-gpu", "--disable-quic", *silent],
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A browser in Kuancheng; how large its window is, `desk` and `phone` say."""
    return browser_context_args | {"locale": "zh-CN", "timezone_id": "Asia/Shanghai"}


@pytest.fixture
def desk(page: Any) -> Iterator[Any]:
    """A page of 1280 × 800; the test fails on any script error and on anything the policy refuses."""
    page.set_viewport_size({"width": 1280, "height": 800})
    with _watched(page):
        yield page


@pytest.fixture
def phone(new_context: Any) -> Iterator[Any]:
    """As `desk`, with touch and 360 × 740."""
    context = new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True, device_scale_factor=2)
    with _watched(context.new_page()) as page:
        yield page


@contextlib.contextmanager
def _watched(page: Any) -> Iterator[Any]:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if "Content Security Policy" in line.text else None)
    yield page
    assert errors == []
