# One command per wish. Every target sets up what it needs; only Python 3.11+ and make have to be there.

PYTHON ?= python3
JOBS ?= 2
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
CREATED := $(VENV)/.created
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev
POOLER := $(VENV)/pgbouncer

SOURCES := control_silo region_silo shared simulator protos docs examples requirements tests
PIP := $(BIN)/python -m pip --disable-pip-version-check install -qq
LOCKED := $(PIP) --require-hashes --requirement
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(ARGS)

# $(call say,sentence): one line on standard error, and the target fails.
say = { echo "silo: $(1)" >&2; exit 1; }
, := ,
NAME_IT := make PYTHON=/path/to/python3

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help up test check lint bench protos docs golden lock audit pooler compose-env compose-test clean

help: ## print the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: $(RUNTIME) ## run the platform here, on SQLite; options of `silo up` in ARGS="--region us --region de"
	@$(BIN)/silo up $(ARGS)

test: $(DEV) ## run every test, on SQLite and PostgreSQL; options of pytest in ARGS="-k outbox"
	$(BIN)/python -m pytest -n $(JOBS) $(ARGS)

check: lint test ## everything a change must pass: format, lint, types, import contracts, protos current, tests

lint: $(DEV) ## the part of check that runs nothing: format, lint, types, import contracts, protos current
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python protos/generate.py --check
	$(BIN)/python -m docs.generate --check

bench: $(DEV) ## measure; prints a table and writes bench.json
	$(BIN)/python -m tests.benchmarks $(ARGS)

protos: $(DEV) ## generate shared/pb from protos/
	$(BIN)/python protos/generate.py

docs: $(DEV) ## write docs/endpoints.md and the tables in README.md from the code
	$(BIN)/python -m docs.generate

golden: $(DEV) ## write what every endpoint answers to tests/contract/rest/golden; read the difference before committing
	@$(BIN)/python -m tests.contract.rest.record

lock: $(DEV) ## write requirements/: what pyproject.toml wants, with hashes; ARGS=--upgrade chooses all versions anew
	@$(BIN)/python -c 'import tomllib as t; print(*t.load(open("pyproject.toml", "rb"))["build-system"]["requires"])' | \
		$(LOCK) --output-file requirements/build.txt -
	@$(LOCK) --output-file requirements/runtime.txt pyproject.toml
	@$(LOCK) --extra dev --constraint requirements/build.txt --constraint requirements/runtime.txt \
		--output-file requirements/dev.txt pyproject.toml

audit: $(DEV) ## look every locked dependency up in a database of known faults; skipped where none can be reached
	@$(BIN)/python -m requirements.audit

pooler: $(CREATED) ## lay Debian's PgBouncer into .venv, without installing it, for the tests of poolers
	@mkdir -p $(POOLER)
	@cd $(POOLER) && apt-get download -qq pgbouncer $$(apt-cache depends pgbouncer | awk '/Depends: lib/ && $$2 != "libc6" { print $$2 }')
	@cd $(POOLER) && for each in *.deb; do dpkg-deb -x $$each . && rm $$each; done

compose-env: $(RUNTIME) ## write the files with fresh secrets, one for each silo, that `docker compose up` reads, unless there are some
	@$(BIN)/silo init env

compose-test: $(DEV) ## bring up docker-compose.yml, lose a region, see it catch up, tear it down
	$(BIN)/python -m pytest -m compose -x --tb=short -v tests/e2e/compose $(ARGS)

clean: ## remove everything made here except data (.silo) and secrets (env)
	rm -rf $(VENV) build dist *.egg-info bench.json .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +

# A virtual environment for running, and the same one with the tools for changing; each redone when the lock is.
# What is installed has the hash that the lock says. Our own code is installed from here, by the locked setuptools.

$(CREATED):
	@command -v $(PYTHON) >/dev/null || $(call say,no $(PYTHON) here: install Python 3.11 or newer$(,) or name it: $(NAME_IT))
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		$(call say,$(PYTHON) is $$($(PYTHON) -V 2>&1)$(,) older than 3.11; name a newer one: $(NAME_IT))
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		$(call say,$(PYTHON) lacks the venv module; on Debian and Ubuntu: apt install python3-venv)
	@echo 'silo: creating $(VENV)' >&2
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(RUNTIME): pyproject.toml requirements/build.txt requirements/runtime.txt | $(CREATED)
	@echo 'silo: installing into $(VENV)' >&2
	@$(LOCKED) requirements/build.txt
	@$(LOCKED) requirements/runtime.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): pyproject.toml requirements/build.txt requirements/dev.txt | $(CREATED)
	@echo 'silo: installing into $(VENV), with the development tools' >&2
	@$(LOCKED) requirements/build.txt
	@$(LOCKED) requirements/dev.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@ $(RUNTIME)
