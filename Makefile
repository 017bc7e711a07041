# All commands for people and CI. `make` alone lists the targets.

VENV := .venv
BIN := $(VENV)/bin
# The first Python on this machine that is new enough; choose another with PYTHON=...
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
PORT ?= 8000
HOST ?= 127.0.0.1
ARGS ?=
# Tests and checks keep their data separate from that of `make run`.
TEST_ENV = PERG_HOME="$(or $(PERG_HOME),$(CURDIR)/.perg-test)"
# The settings of a deployment, for `manage.py check --deploy`.
DEPLOY_ENV = HTTPS=1 ALLOWED_HOSTS=perg.example.org CSRF_TRUSTED_ORIGINS=https://perg.example.org TRUSTED_PROXIES=10.0.0.2 \
	SECRET_KEY=only-for-this-check-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ

export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_ROOT_USER_ACTION = ignore
export PIP_NO_INPUT = 1

.PHONY: wheel-test coverage hooks wording audit sbom local-model-test fault-check test-fast test-full help setup setup-dev run backup restore test lint format types imports checks browser-test screenshots lock clean
.DEFAULT_GOAL := help

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(VENV)/.runtime-installed ## create .venv with what is needed to run (only if requirements.lock has changed)

setup-dev: $(VENV)/.dev-installed ## the same, plus the tools for tests and checks

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "PERG needs Python 3.11 or newer, and this machine has $$(python3 --version 2>&1 || echo none)." >&2; \
		echo "Install one (Debian, Ubuntu: apt install python3.11 python3.11-venv), or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; \
		exit 1; fi
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "PERG needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) has no venv module. On Debian or Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv $(VENV)

# Makes `from perg import Client` work in any script of this environment, whatever its folder. It needs no index:
# setuptools is in both lock files, and everything else is installed already.
INSTALL_CHECKOUT = $(BIN)/python -m pip install --quiet --no-index --no-deps --no-build-isolation -e .

$(VENV)/.runtime-installed: requirements.lock | $(BIN)/python
	@echo "Installing the packages of requirements.lock (the first time downloads about 200 MB) ..."
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@$(INSTALL_CHECKOUT)
	@touch $@

$(VENV)/.dev-installed: requirements-dev.lock requirements-reference.lock | $(BIN)/python
	@echo "Installing the packages of requirements-dev.lock (the first time downloads about 300 MB) ..."
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r requirements-reference.lock
	@$(INSTALL_CHECKOUT)
	@touch $@ $(VENV)/.runtime-installed

run: setup ## start everything: database, broker, web, worker (PORT=8000 HOST=127.0.0.1 PERG_HOME=.perg ARGS=--no-demo)
	@exec $(BIN)/python manage.py up --host "$(HOST)" --port "$(PORT)" $(ARGS)

backup: setup ## write the embedded database to a file (FILE=backups/....dump under PERG_HOME)
	@exec $(BIN)/python manage.py backup $(if $(FILE),"$(FILE)")

restore: setup ## replace the embedded database by a backup; stop the site first (FILE=...)
	@test -n "$(FILE)" || { echo "Name the backup: make restore FILE=.perg/backups/perg-....dump" >&2; exit 1; }
	@exec $(BIN)/python manage.py restore "$(FILE)"

# The browser tests are a separate target: they need Chromium, and without it they would be skipped here
# unnoticed. `make browser-test` fails without it.
# One process for each core and one more, each with its own PostgreSQL and Redis; files run in order.
PYTEST = $(TEST_ENV) $(BIN)/python -m pytest --ignore=tests/browser -n auto --dist loadfile --no-loadscope-reorder

test: setup-dev ## all tests except the browser tests, at everyday sizes (ARGS="-k name", ARGS="-n 0" for one process)
	@$(PYTEST) $(ARGS)

test-fast: setup-dev ## the tests that start no process and are quick
	@$(PYTEST) -m "not slow" $(ARGS)

test-full: setup-dev ## all tests at full size (tests/sizes.py)
	@PERG_TEST_SIZE=full $(PYTEST) $(ARGS)

# Only the fast tests, since measuring makes them half as slow again; so the floor applies to these alone.
COVERAGE_FLOOR := 70
coverage: setup-dev ## the fast tests, with line and branch coverage; fails below the floor
	@$(PYTEST) -m "not slow" \
		--cov --cov-branch --cov-report=term:skip-covered --cov-fail-under=$(COVERAGE_FLOOR) $(ARGS)

# The tests of the library, which need no server.
WHEEL_TESTS = tests/perg
WHEEL_VENV := .venv-wheel
wheel-test: setup ## build the library's wheel, install it into an empty environment, run its tests there
	@$(BIN)/python .ci/wheel_test.py $(WHEEL_VENV) $(WHEEL_TESTS)

# torch is in no lock file: the tests of local models have their own environment.
TORCH_VENV := .venv-torch
$(TORCH_VENV)/.installed: Makefile | $(BIN)/python
	@echo "Installing torch and transformers into $(TORCH_VENV) ..."
	@$(BIN)/python -m venv $(TORCH_VENV)
	@$(TORCH_VENV)/bin/python -m pip install --quiet torch==2.13.0
	@$(TORCH_VENV)/bin/python -m pip install --quiet transformers==5.23.0 accelerate==1.15.0 peft==0.21.2 pydantic pytest
	@touch $@

local-model-test: $(TORCH_VENV)/.installed ## the tests of local models, with torch, on a tiny model with random weights
	@HF_HUB_OFFLINE=1 PYTHONPATH=$(CURDIR) $(TORCH_VENV)/bin/python -m pytest --noconftest -c /dev/null \
		--rootdir $(CURDIR) -p no:cacheprovider tests/evaluation/llm/test_local_provider.py \
		tests/evaluation/llm/test_adapters.py tests/evaluation/llm/test_adapter_training.py $(ARGS)

fault-check: setup-dev ## small inputs that once gave wrong results, with the right values; skipped if absent
	@$(TEST_ENV) $(BIN)/python -m pytest tests/fault_inputs tests/browser/test_fault_keys.py -q --tb=short -rs $(ARGS)

browser-test: setup-dev ## the tests in a real browser; fails without Chromium
	@$(TEST_ENV) PERG_REQUIRE_BROWSER=1 $(BIN)/python -m pytest tests/browser $(ARGS)

screenshots: setup-dev ## take the pictures of README.md and docs/ again (ARGS="home.png"); needs Chromium
	@$(BIN)/python -m docs.screenshots $(ARGS)

lint: setup-dev ## ruff: style and likely mistakes
	@$(BIN)/ruff check .

format: setup-dev ## ruff: write the files in the project's format
	@$(BIN)/ruff format .

types: setup-dev ## mypy, strict
	@$(TEST_ENV) $(BIN)/mypy

wording: setup-dev ## spelling (codespell) and banned words
	@$(BIN)/codespell
	@$(BIN)/python -m tests.banned_words

hooks: setup-dev ## let git run the quick checks before each commit (.pre-commit-config.yaml)
	@$(BIN)/pre-commit install

imports: setup-dev ## the import contracts of docs/architecture.md
	@$(BIN)/lint-imports

checks: lint types imports wording ## lint, format, types, imports, wording, missing migrations, the API's schema, deployment settings
	@$(BIN)/ruff format --check .
	@$(TEST_ENV) $(BIN)/python manage.py makemigrations --check --dry-run
	@$(TEST_ENV) $(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null
	@$(TEST_ENV) $(DEPLOY_ENV) $(BIN)/python manage.py check --deploy --fail-level WARNING

# The tools that inspect the dependencies have many dependencies themselves; they are kept separate.
AUDIT_VENV := .venv-audit
$(AUDIT_VENV)/.installed: Makefile | $(BIN)/python
	@$(BIN)/python -m venv $(AUDIT_VENV)
	@$(AUDIT_VENV)/bin/python -m pip install --quiet pip-audit==2.10.1 cyclonedx-bom==7.5.0
	@touch $@

audit: $(AUDIT_VENV)/.installed ## known vulnerabilities in the dependencies; says if it cannot check
	@.ci/audit

sbom: $(AUDIT_VENV)/.installed ## sbom.cdx.json: the dependencies as a CycloneDX list
	@sed "s/^dynamic = .*/version = \"$$($(BIN)/python -c 'import perg; print(perg.__version__)')\"/" pyproject.toml \
		> $(AUDIT_VENV)/pyproject.toml # with the version, which cyclonedx-py does not find
	@$(AUDIT_VENV)/bin/cyclonedx-py requirements requirements.lock --pyproject $(AUDIT_VENV)/pyproject.toml --output-reproducible \
		--of JSON --validate -o sbom.cdx.json
	@echo "sbom.cdx.json lists $$(grep -c '"purl"' sbom.cdx.json) packages."

lock: $(BIN)/python ## write the lock files from pyproject.toml (ARGS=--upgrade for newer versions)
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/python -m uv pip compile pyproject.toml --extra server --quiet --universal --generate-hashes --no-emit-index-url --no-header -o requirements.lock $(ARGS)
	@$(BIN)/python -m uv pip compile pyproject.toml --extra server --quiet --universal --generate-hashes --no-emit-index-url --no-header --group dev -c requirements.lock -o requirements-dev.lock $(ARGS)

clean: ## remove the virtual environment, caches and test data (your data in .perg stay)
	rm -rf .coverage* $(VENV) $(TORCH_VENV) $(AUDIT_VENV) $(WHEEL_VENV) sbom.cdx.json .perg-test .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
