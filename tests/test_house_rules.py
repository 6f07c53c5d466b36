"""The house rules hold, and each can be broken: every rule is also shown a planted fault and its lawful twin."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps

from tests import house_rules as rules

CJK = re.compile(r"[\u4e00-\u9fff]")

PYTHON_RULES = [
    rules.clock,
    rules.the_county_is_asked_for,
    rules.addresses_have_one_source,
    rules.no_random,
    rules.no_signals,
    rules.celery_only_through_jobs,
    rules.views_write_nothing,
    rules.views_are_short,
    rules.views_say_who_may,
    rules.sizes,
    rules.rows_are_protected,
    rules.locks_name_their_table,
    rules.heads_are_the_trails,
    rules.pure_modules,
    rules.packages_have_names,
    rules.text_is_folded,
]
TEMPLATE_RULES = [rules.the_county_is_asked_for, rules.nothing_inline, rules.template_size]
TEST_RULES = [rules.browsers_are_waited_for]
TEXT_RULES = [rules.finished, rules.no_machine_paths, rules.no_registry_hosts]

# (rule, function or file): why it may. As few as can be.
EXCEPTIONS: dict[tuple[str, str], str] = {
    ("views_say_who_may", "publicity/views/pages.py"): "builds the answers of views; no URL leads to it (checks.py)",
}

# Asserts of the kind `assert x in y` in tests/. The number may only fall: write what equals what.
BARE_MEMBERSHIP = 404

ALLOWED_AT_THE_TOP = {
    *("manage.py", "pyproject.toml", "Makefile", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE"),
    *("docker-compose.yml", "Dockerfile", "requirements.txt", "requirements-dev.txt", "requirements-bench.txt"),
    *("kuancheng_inspect", "registry", "sampling", "inspections", "publicity"),
    *("templates", "static", "fixtures", "tests", "docs", "benchmarks", "scripts", ".ci"),
}


def _name(rule: rules.Rule) -> str:
    return rule.__name__


def _faults(rule: rules.Rule, files: list[Path]) -> list[str]:
    found = [fault for path in files for fault in rule(rules.relative(path), path.read_text(encoding="utf-8"))]
    allowed = [text for (name, text) in EXCEPTIONS if name == _name(rule)]
    return [fault for fault in found if not any(text in fault for text in allowed)]


def tracked() -> list[Path]:
    """Every file git knows or would add."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=rules.BASE,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [rules.BASE / name for name in listing.split("\0") if name and (rules.BASE / name).is_file()]


def _texts() -> list[Path]:
    """Our own text: no vendored files, pictures or fonts."""
    suffixes = {
        ".py",
        ".md",
        ".html",
        ".txt",
        ".css",
        ".js",
        ".sh",
        ".toml",
        ".yml",
        ".yaml",
        ".json",
        ".conf",
        ".tsv",
        "",
    }
    return [
        path
        for path in tracked()
        if path.suffix in suffixes and "vendor" not in path.parts and "fonts" not in path.parts
    ]


@pytest.mark.parametrize("rule", PYTHON_RULES, ids=_name)
def test_python_of_the_product(rule: rules.Rule) -> None:
    files = rules.product_files()
    assert files
    assert _faults(rule, files) == []


@pytest.mark.parametrize("rule", TEMPLATE_RULES, ids=_name)
def test_templates(rule: rules.Rule) -> None:
    assert _faults(rule, rules.templates()) == []


@pytest.mark.parametrize("rule", TEXT_RULES, ids=_name)
def test_every_text(rule: rules.Rule) -> None:
    assert _faults(rule, _texts()) == []


@pytest.mark.parametrize("rule", TEST_RULES, ids=_name)
def test_python_of_the_tests(rule: rules.Rule) -> None:
    assert _faults(rule, rules.files_of_tests()) == []


def test_asserts_of_membership_become_fewer() -> None:
    count = sum(rules.bare_membership(path.read_text(encoding="utf-8")) for path in rules.files_of_tests())
    assert count <= BARE_MEMBERSHIP, "write what equals what, or put the assert of membership beside one of equality"


def test_an_assert_of_membership_is_counted() -> None:
    bare = "assert 1 in x\nassert a in b and c in d\n"
    lawful = "assert x == [1]\nassert a in b and c == d\nassert a not in b\n"
    assert (rules.bare_membership(bare), rules.bare_membership(lawful)) == (2, 0)


def test_migrations_are_named_by_hand() -> None:
    assert _faults(rules.migrations_are_named, rules.product_files(migrations=True)) == []


def test_the_top_of_the_checkout_is_as_agreed() -> None:
    found = {path.relative_to(rules.BASE).parts[0] for path in tracked()}
    assert {name for name in found - ALLOWED_AT_THE_TOP if not name.startswith(".")} == set()


def unused_templates(names: list[str], sources: list[tuple[str, str]], packaged: list[Path]) -> list[str]:
    """Templates that nobody names and that replace none of an installed package's."""
    mentioned = [pattern for path, text in sources for pattern in rules.template_names(path, text)]
    by_django = {"400.html", "403.html", "404.html", "500.html", "403_csrf.html"}
    return [
        name
        for name in names
        if name not in by_django
        and not any(pattern.fullmatch(name) for pattern in mentioned)
        and not any((directory / name).exists() for directory in packaged)
    ]


def _packaged_template_folders() -> list[Path]:
    import allauth
    import django

    top = Path(django.__file__).parent
    folders = [top / "forms/templates", top / "contrib/admin/templates", Path(allauth.__file__).parent / "templates"]
    assert all(folder.is_dir() for folder in folders)
    return folders


def test_every_template_is_used() -> None:
    files = [*rules.product_files(), *rules.templates()]
    sources = [(rules.relative(path), path.read_text(encoding="utf-8")) for path in files]
    names = [path.relative_to(rules.BASE / "templates").as_posix() for path in rules.templates()]
    assert unused_templates(names, sources, _packaged_template_folders()) == []


def models_without_chinese(models: list[type]) -> list[str]:
    """Models and fields whose verbose_name has no Chinese character. Automatic ids are not shown to anyone."""
    found = []
    for model in models:
        meta = model._meta  # type: ignore[attr-defined]
        if not CJK.search(str(meta.verbose_name)) or not CJK.search(str(meta.verbose_name_plural)):
            found.append(meta.label)
        fields = [f for f in [*meta.fields, *meta.many_to_many] if not f.auto_created]
        found += [f"{meta.label}.{field.name}" for field in fields if not CJK.search(str(field.verbose_name))]
    return found


def test_models_and_fields_have_chinese_names() -> None:
    models = [model for app in rules.APPS for model in apps.get_app_config(app).get_models()]
    assert models
    assert models_without_chinese(models) == []


# -------------------------------------------------------------------------------------------- the rules can be broken

VIEW = "sampling/views.py"
MODEL = "registry/models/items.py"
LONG = "\n".join(f"    x = {n}" for n in range(61))
LONG_VIEW = "\n".join(f"    x = {n}" for n in range(26))

PLANTED = [
    (rules.clock, VIEW, "from django.utils import timezone\nx = timezone.now()"),
    (rules.clock, VIEW, "import datetime as dt\nx = dt.date.today()"),
    (rules.clock, VIEW, "import datetime\nx = datetime.datetime.now()"),
    (rules.clock, VIEW, "from django.utils.timezone import now"),
    (rules.clock, VIEW, "import time\nx = time.time()"),
    (rules.clock, VIEW, "from django.db.models.functions import Now"),
    (rules.clock, MODEL, "x = DateTimeField(default=timezone.now)"),
    (rules.clock, MODEL, "x = DateTimeField(auto_now_add=True)"),
    (rules.the_county_is_asked_for, VIEW, "x = settings.COUNTY_NAME"),
    (rules.the_county_is_asked_for, VIEW, "x = getattr(settings, 'COMPLAINT_PHONE')"),
    (rules.the_county_is_asked_for, "templates/a.html", "<p>宽城满族自治县</p>"),
    (rules.addresses_have_one_source, VIEW, "x = request.META.get('REMOTE_ADDR')"),
    (rules.addresses_have_one_source, VIEW, "x = request.headers['X-Forwarded-For']"),
    (rules.no_random, VIEW, "import random"),
    (rules.no_random, VIEW, "def f():\n    from random import choice"),
    (rules.no_signals, VIEW, "from django.db.models.signals import post_save"),
    (rules.no_signals, VIEW, "from django.dispatch import receiver"),
    (rules.no_signals, VIEW, "from django.db.models import signals"),
    (rules.celery_only_through_jobs, VIEW, "send.delay(1)"),
    (rules.celery_only_through_jobs, VIEW, "send.apply_async(args=[1])"),
    (rules.views_write_nothing, VIEW, "Plan.objects.filter(pk=1).update(state='X')"),
    (rules.views_write_nothing, "sampling/views/plans.py", "plan.save()"),
    (rules.views_write_nothing, VIEW, "plan.delete()"),
    (rules.views_are_short, VIEW, f"def page(request):\n{LONG_VIEW}"),
    (rules.views_say_who_may, VIEW, "def page(request):\n    pass"),
    (rules.views_say_who_may, VIEW, "@require_POST\ndef page(request, pk):\n    pass"),
    (rules.sizes, VIEW, f"def f():\n{LONG}"),
    (rules.sizes, VIEW, "\n" * 400),
    (rules.rows_are_protected, MODEL, "x = ForeignKey(Y, on_delete=models.CASCADE)"),
    (rules.rows_are_protected, MODEL, "x = ForeignKey(\n    Y,\n    on_delete=CASCADE,\n)"),
    (rules.locks_name_their_table, VIEW, "Plan.objects.select_related('a').select_for_update().get(pk=1)"),
    (rules.heads_are_the_trails, VIEW, "AuditHead.objects.select_for_update().get(pk='registry')"),
    (rules.heads_are_the_trails, VIEW, "AuditHead.objects.get_or_create(stream='registry')"),
    (rules.heads_are_the_trails, VIEW, "cursor.execute('SELECT 1 FROM registry_audithead FOR UPDATE')"),
    (rules.pure_modules, "sampling/draw.py", "from django.db import models"),
    (rules.pure_modules, "sampling/quotas.py", "import random"),
    (rules.pure_modules, "inspections/deadlines.py", "from registry import clock"),
    (rules.pure_modules, "sampling/bundle.py", "def f():\n    import openpyxl"),
    (rules.packages_have_names, "registry/utils.py", ""),
    (rules.packages_have_names, "registry/common/x.py", ""),
    (rules.text_is_folded, "inspections/forms/desk.py", "from django import forms\nx = forms.CharField()"),
    (rules.text_is_folded, "inspections/forms/desk.py", "from django import forms as f\nx = f.CharField()"),
    (rules.text_is_folded, "inspections/forms/desk.py", "from django.forms import CharField"),
    (rules.migrations_are_named, "registry/migrations/0002_auto_20240101_0000.py", ""),
    (rules.migrations_are_named, "registry/migrations/0002_plan_title_and_more.py", ""),
    (rules.nothing_inline, "templates/a.html", "<script>go()</script>"),
    (rules.nothing_inline, "templates/a.html", '<p\n  style="color: red">'),
    (rules.nothing_inline, "templates/print/a.html", "<style>p {}</style>"),
    (rules.nothing_inline, "templates/a.html", '<a {% if x %}onclick="go()"{% endif %}>'),
    (rules.nothing_inline, "templates/a.html", '<a hx-on:click="go()">'),
    (rules.nothing_inline, "templates/a.html", '<a href="javascript:go()">'),
    (rules.template_size, "templates/a.html", "\n" * 150),
    (rules.browsers_are_waited_for, "tests/browser/test_a.py", "page.context.set_offline(False)"),
    (rules.browsers_are_waited_for, "tests/browser/test_a.py", "expect(page.locator('x')).to_be_visible(timeout=500)"),
    (rules.browsers_are_waited_for, "tests/browser/test_a.py", "page.set_default_timeout(10_000)"),
    (rules.finished, "docs/a.md", "TO" + "DO: later"),
    (rules.no_machine_paths, "Makefile", "cd /ro" + "ot/project"),
    (rules.no_machine_paths, "docs/a.md", "`/ho" + "me/someone/x`"),
    (rules.no_registry_hosts, "requirements.txt", "--index-url https" + "://example.test/simple"),
    (rules.no_registry_hosts, "Dockerfile", "RUN pip install -i py" + "pi.org"),
]

LAWFUL = [
    (rules.clock, "registry/clock.py", "from django.utils import timezone\nx = timezone.now()"),
    (rules.clock, VIEW, "from registry import clock\nx = clock.now()\ny = clock.today()"),
    (rules.clock, MODEL, "x = DateTimeField(auto_now=False)"),
    (rules.the_county_is_asked_for, "registry/county.py", "x = settings.COUNTY_NAME"),
    (rules.the_county_is_asked_for, VIEW, "x = county.current().name"),
    (rules.addresses_have_one_source, "registry/addresses.py", "x = request.META.get('REMOTE_ADDR')"),
    (rules.no_random, VIEW, "import secrets\nrandom = secrets.token_hex(8)"),
    (rules.no_signals, VIEW, "import signal"),
    (rules.celery_only_through_jobs, "registry/jobs.py", "task.apply_async(args=[1])"),
    (rules.views_write_nothing, VIEW, "context.update({'a': 1})\nsave_plan(plan)"),
    (rules.views_write_nothing, "sampling/services.py", "plan.save()"),
    (rules.views_are_short, VIEW, 'def page(request):\n    """' + "x\n" * 30 + '"""\n    return 1'),
    (
        rules.views_say_who_may,
        VIEW,
        "@requires(Role.LEAD)\ndef page(request):\n    pass\ndef _part(request):\n    pass",
    ),
    (rules.sizes, VIEW, f"def f():\n{LONG[: LONG.rindex(chr(10))]}"),
    (rules.rows_are_protected, MODEL, "x = ForeignKey(Y, on_delete=models.PROTECT)"),
    (rules.rows_are_protected, MODEL, "# a draft has no life of its own\nx = ForeignKey(Y, on_delete=CASCADE)"),
    (rules.locks_name_their_table, VIEW, "Plan.objects.select_related('a').select_for_update(of=('self',)).get(pk=1)"),
    (rules.locks_name_their_table, VIEW, "Plan.objects.select_for_update().get(pk=1)"),
    (rules.heads_are_the_trails, VIEW, "AuditHead.objects.order_by('stream').values('stream')"),
    (
        rules.pure_modules,
        "sampling/draw.py",
        "import hashlib\nfrom sampling.canonical import digest\nfrom sampling import quotas",
    ),
    (rules.pure_modules, "inspections/deadlines.py", "from registry.workdays import add_workdays"),
    (rules.packages_have_names, "registry/spreadsheets.py", ""),
    (
        rules.text_is_folded,
        "inspections/forms/desk.py",
        "from registry import webforms as forms\nx = forms.CharField()",
    ),
    (rules.text_is_folded, "inspections/filters.py", "from django import forms\nx = forms.TextInput()"),
    (rules.migrations_are_named, "registry/migrations/0002_draw_is_append_only.py", ""),
    (
        rules.nothing_inline,
        "templates/a.html",
        '<script src="{% static "a.js" %}" type="module"></script><p class="x">',
    ),
    (rules.nothing_inline, "templates/a.html", "{{ data|json_script:'x' }}{# <script> #}"),
    (rules.nothing_inline, "templates/account/email/a.html", '<p style="color: red">'),
    (rules.browsers_are_waited_for, "tests/browser/test_a.py", "page.context.set_offline(True)\nx(timeout=PATIENCE)"),
    (rules.finished, "docs/a.md", "todo lists"),
    (rules.no_machine_paths, "docs/a.md", "https://example.test/ho" + "me/x and ./ro" + "ot/x and {base}/wo" + "rk/x"),
    (rules.no_registry_hosts, "requirements.txt", "django==5.2.19 --hash=sha256:00"),
]


@pytest.mark.parametrize(("rule", "path", "source"), PLANTED)
def test_a_planted_fault_is_found(rule: rules.Rule, path: str, source: str) -> None:
    assert rule(path, source) != []


@pytest.mark.parametrize(("rule", "path", "source"), LAWFUL)
def test_what_is_lawful_is_left_alone(rule: rules.Rule, path: str, source: str) -> None:
    assert rule(path, source) == []


def test_every_rule_has_a_planted_fault() -> None:
    every = {*PYTHON_RULES, *TEMPLATE_RULES, *TEST_RULES, *TEXT_RULES, rules.migrations_are_named}
    assert every - {rule for rule, _, _ in PLANTED} == set()


def test_an_unused_template_is_found(tmp_path: Path) -> None:
    (tmp_path / "account").mkdir()
    (tmp_path / "account" / "login.html").touch()
    sources = [
        (
            "a/views.py",
            'render(request, "a/list.html")\nrender(request, f"a/step_{n}.html")\nrender(request, "a/x.html#part")',
        ),
        ("templates/a/list.html", '{% include "a/_row.html" %}'),
    ]
    names = [
        "a/list.html",
        "a/step_one.html",
        "a/x.html",
        "a/_row.html",
        "account/login.html",
        "404.html",
        "a/forgotten.html",
    ]
    assert unused_templates(names, sources, [tmp_path]) == ["a/forgotten.html"]


def test_a_model_without_chinese_is_found() -> None:
    from django.db import models
    from django.test.utils import isolate_apps

    with isolate_apps("registry"):

        class English(models.Model):
            good = models.CharField("名称", max_length=5)
            bad = models.CharField(max_length=5)

            class Meta:
                app_label = "registry"
                verbose_name = "英文"
                verbose_name_plural = "英文"

            def __str__(self) -> str:
                return self.good

    assert models_without_chinese([English]) == ["registry.English.bad"]


def test_imports_follow_the_contracts() -> None:
    """import-linter, as `make lint` runs it, so that a plain pytest run shows a broken contract as well."""
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    done = subprocess.run([sys.executable, "-c", code], cwd=rules.BASE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
