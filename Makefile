# Every target first makes sure that what it needs is installed (scripts/setup.sh: quick when nothing is missing).
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup setup-demo setup-bench demo walkthrough serve lint fix test test-sqlite test-postgres test-browser bench chaos clean

PYTHON := .venv/bin/python
MANAGE := $(PYTHON) manage.py
# Linters and type checkers load the settings; no database of anyone's is touched.
OFFLINE := env -u REDIS_URL DATABASE_URL=sqlite://:memory: DEBUG=0 TESTING=1
PYTEST := $(PYTHON) -m pytest

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install everything that tests and linters need
	@scripts/setup.sh dev

setup-demo:
	@scripts/setup.sh demo

setup-bench:
	@scripts/setup.sh bench

demo: setup-demo ## build an invented county, run the 2024 campaign, serve on 127.0.0.1:8000
	$(MANAGE) demo

walkthrough: setup-demo ## the same campaign without serving, into var/walkthrough/
	$(MANAGE) walkthrough

serve: setup ## development server on the database of DATABASE_URL (default: SQLite in var/)
	DEBUG=1 $(MANAGE) migrate
	DEBUG=1 $(MANAGE) runserver 127.0.0.1:8000

lint: setup ## all gates that run nothing of the product
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) scripts/browser_floor.py
	if compgen -G 'templates/*' >/dev/null; then $(PYTHON) -m djlint templates --lint --quiet; fi
	.venv/bin/python -c 'import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())'
	$(OFFLINE) $(PYTHON) -m mypy
	$(OFFLINE) $(MANAGE) makemigrations --check --dry-run

fix: setup ## let the linters mend what they can
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

test: lint ## everything: gates, then PostgreSQL (with races and kills) beside SQLite and the browser
	@scripts/test.sh

test-sqlite: setup
	$(PYTEST) --engine=sqlite -m "not pg and not race and not browser" --ignore=tests/test_crawl.py --output=var/browser-sqlite

# Files that touch no database, or bring their own, run once, on the SQLite pass; every page as every role once, on PostgreSQL.
SAMPLING_PURE := $(foreach name,canonical quotas draw matching bundle public javascript standalone statistics,tests/sampling/test_$(name).py)
REGISTRY_PURE := $(foreach name,workdays uscc spreadsheets fixture_files faults,tests/registry/test_$(name).py)
TESTS_PURE := $(foreach name,house_rules deploy_files proxy,tests/test_$(name).py)
PURE := $(addprefix --ignore=,$(SAMPLING_PURE) $(REGISTRY_PURE) $(TESTS_PURE))

test-postgres: setup
	$(PYTEST) --engine=postgres -m "not browser" $(PURE)

test-browser: setup
	$(PYTEST) --engine=postgres --output=var/browser-postgres tests/browser

bench: setup-bench ## run benchmarks/, print a table, write var/bench.json
	$(PYTHON) -m benchmarks

chaos: setup ## kill workers and the database under the save endpoint for 40 s, count what was acknowledged
	$(PYTHON) -m benchmarks.chaos

clean: ## remove what the targets made, the virtualenv excepted
	rm -rf var staticfiles .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
