"""What an office would start: the compose file, the image and the documentation agree with the code."""

from __future__ import annotations

import ast
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.house_rules import BASE

SERVICES = {"migrate", "web", "worker", "beat", "db", "redis", "proxy"}
OURS = {"migrate", "web", "worker", "beat"}
# Read by docker compose or nginx, not by the settings.
OF_COMPOSE = {"POSTGRES_PASSWORD", "NGINX_CONF", "CERTIFICATES", "HTTP_PORT", "HTTPS_PORT"}


def _text(name: str) -> str:
    return (BASE / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(_text("docker-compose.yml"))
    return loaded


@pytest.fixture(scope="module")
def variables() -> set[str]:
    """The names of all environment variables that the settings read."""
    return {
        node.args[0].value
        for node in ast.walk(ast.parse(_text("kuancheng_inspect/settings.py")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "env"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }


def test_compose_has_the_services_of_an_office(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == SERVICES


def test_every_lasting_service_is_watched_and_comes_back(compose: dict[str, Any]) -> None:
    lasting = {name: service for name, service in compose["services"].items() if name != "migrate"}
    assert {name for name, service in lasting.items() if "test" not in service.get("healthcheck", {})} == set()
    assert {service["restart"] for service in lasting.values()} == {"unless-stopped"}


def test_what_depends_on_what_exists(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for name, service in services.items():
        for other, condition in service.get("depends_on", {}).items():
            assert other in services, name
            if condition["condition"] == "service_healthy":
                assert "healthcheck" in services[other], (name, other)
    for name in OURS - {"migrate"}:
        assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_volumes_are_declared_and_files_exist(compose: dict[str, Any]) -> None:
    used = {volume.split(":")[0] for s in compose["services"].values() for volume in s.get("volumes", [])}
    named = {name for name in used if re.fullmatch(r"[a-z]+", name)}
    assert named == set(compose["volumes"])
    text = _text("docker-compose.yml") + _text(".env.example")
    files = set(re.findall(r"\./(scripts/[\w.-]+)", text)) | set(re.findall(r"scripts/[\w.-]+\.py", text))
    assert files == {f"scripts/{name}" for name in ("nginx.conf", "nginx-tls.conf", "nginx-proxy.conf")} | {
        "scripts/gunicorn.conf.py",
        "scripts/healthcheck.py",
    }
    assert {name for name in files if not (BASE / name).is_file()} == set()


def test_only_the_proxy_is_reachable_from_outside(compose: dict[str, Any]) -> None:
    assert {name for name, service in compose["services"].items() if "ports" in service} == {"proxy"}


def test_images_have_versions_and_name_no_host(compose: dict[str, Any]) -> None:
    foreign = [s["image"] for name, s in compose["services"].items() if name not in OURS]
    assert [image for image in foreign if not re.fullmatch(r"[a-z]+:\d[\w.-]*", image)] == []


def test_no_secret_is_written_down(compose: dict[str, Any]) -> None:
    given = re.findall(r"^(\w*(?:SECRET|PASSWORD|TOKEN)\w*)=(.+)$", _text(".env.example"), re.MULTILINE)
    assert given == []
    assert compose["services"]["db"]["environment"]["POSTGRES_PASSWORD"] == "${POSTGRES_PASSWORD:-}"


def test_commands_name_what_exists(compose: dict[str, Any]) -> None:
    assert compose["services"]["web"]["command"][:2] == ["gunicorn", "kuancheng_inspect.wsgi"]
    assert hasattr(importlib.import_module("kuancheng_inspect.wsgi"), "application")
    for name in ("worker", "beat"):
        assert compose["services"][name]["command"][1] == "--app=kuancheng_inspect"
    assert importlib.import_module("kuancheng_inspect.celery").app.main == "kuancheng_inspect"


def test_gunicorn_runs_two_processes_of_four_threads() -> None:
    values: dict[str, Any] = {}
    exec(compile(_text("scripts/gunicorn.conf.py"), "gunicorn.conf.py", "exec"), values)  # noqa: S102
    chosen = {name: values[name] for name in ("worker_class", "workers", "threads", "timeout", "graceful_timeout")}
    assert chosen == {"worker_class": "gthread", "workers": 2, "threads": 4, "timeout": 60, "graceful_timeout": 30}


def test_the_image_has_the_packages_that_the_setup_script_installs() -> None:
    script, image = _text("scripts/setup.sh"), _text("Dockerfile")
    needed = set(re.findall(r"needed\+=\((lib[\w.-]+|fonts-[\w-]+)\)", script))
    assert len(needed) == 4
    assert needed == set(re.findall(r"\b(?:lib[a-z]+[\w.]*-[\w.-]+|fonts-[\w-]+)", image))
    assert re.search(r"^FROM python:3\.11-slim-bookworm$", image, re.MULTILINE)
    assert "--require-hashes" in image


# Compression takes minutes and proves nothing about references; everything else is as in the image.
UNCOMPRESSED = """
import sys
from django.core.management import execute_from_command_line
from whitenoise.storage import CompressedManifestStaticFilesStorage as Storage
Storage.compress_files = lambda self, paths: iter(())
execute_from_command_line(sys.argv)
"""


def test_static_files_are_collected_as_in_the_image(tmp_path: Path) -> None:
    """With the settings of production: hashed names, and every reference between files resolved."""
    command = re.search(r"python (manage\.py collectstatic .*?) \\\n", _text("Dockerfile"))
    assert command is not None
    production = {
        "DJANGO_SETTINGS_MODULE": "kuancheng_inspect.settings",
        "TESTING": "0",
        "SECRET_KEY": "x",
        "STATIC_ROOT": str(tmp_path),
        "DATABASE_URL": "sqlite://:memory:",
    }
    arguments = [sys.executable, "-c", UNCOMPRESSED, *command[1].split()[1:]]
    done = subprocess.run(arguments, cwd=BASE, env=os.environ | production, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    names = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    assert re.fullmatch(r"css/theme\.[0-9a-f]{12}\.css", names["css/theme.css"])


def test_every_environment_variable_is_documented_and_none_is_invented(variables: set[str]) -> None:
    tables = [line for line in _text("docs/operations.md").split("\n") if line.startswith("| `")]
    documented = {name for line in tables for name in re.findall(r"`([A-Z][A-Z_]+)`", line.split("|")[1])}
    assert documented == variables | OF_COMPOSE
    example = set(re.findall(r"^([A-Z_]+)=", _text(".env.example"), re.MULTILINE))
    assert example - documented == set()


def test_compose_accepts_the_file() -> None:
    docker = shutil.which("docker")
    if not docker or subprocess.run([docker, "compose", "version"], capture_output=True).returncode:
        pytest.skip("no docker compose here; the file's structure is checked above")
    done = subprocess.run([docker, "compose", "config", "--quiet"], cwd=BASE, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
