# Asora. `make` alone lists the targets. Needs make and Python 3.11 or newer with venv, nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes
OPTIONS ?=
COVERAGE ?=
# The whole suite runs on all processors, at most four; `load` keeps the order of tests in each worker.
PARALLEL := -n auto --maxprocesses 4 --dist load

.DEFAULT_GOAL := help
.PHONY: help setup run test coverage lint bench ci stop clean pin

help: ## Print this list
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1|\2/p' Makefile | column -t -s '|' 2>/dev/null \
		|| sed -nE 's/^([a-z]+):.*## (.*)/  make \1: \2/p' Makefile

setup: $(VENV)/.runtime ## Create .venv and install the requirements; does nothing the second time

run: setup ## Prepare the database and demo tenants, print the sign-ins, serve on http://localhost:8000
	@$(MANAGE) serve

test: $(VENV)/.development ## Run the whole test suite; OPTIONS="tests/ledger -x" narrows it, COVERAGE=1 measures it
	@rm -rf .coverage
	@$(BIN)/python $(if $(COVERAGE),-m coverage run) -m pytest $(if $(OPTIONS),$(OPTIONS),$(PARALLEL))
	@test -n "$(OPTIONS)" || $(BIN)/python -m pytest tests/bench
	@test -z "$(COVERAGE)" || { $(BIN)/python -m coverage combine --quiet && $(BIN)/python -m coverage report; }

coverage: ## Run the whole test suite and list the product code that it does not reach
	@$(MAKE) --no-print-directory test COVERAGE=1

lint: $(VENV)/.development ## Check style, types, floors, templates and missing migrations
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

bench: $(VENV)/.development ## Measure speed against hand-written SQL; OPTIONS=import narrows it, BENCH_SIZE=small is a quick trial
	@$(BIN)/python -m tests.bench $(OPTIONS)

ci: ## Run what continuous integration runs, on this machine
	@.ci/run

stop: ## Stop the embedded database
	@test ! -x $(BIN)/python || $(BIN)/python -m asora.embedded stop

pin: $(VENV)/.pinning ## Pin the ranges of pyproject.toml in requirements/; OPTIONS=--upgrade takes newer versions
	$(VENV)/pinning/bin/python requirements/pin.py $(OPTIONS)

clean: stop ## Stop the database and delete it with .venv and all caches; everything you entered is lost
	rm -rf .asora $(VENV) staticfiles .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Asora needs Python 3.11 or newer; choose it with make PYTHON=/path/to/python3." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements/base.txt requirements/embedded.txt | $(BIN)/python
	$(INSTALL) -r requirements/embedded.txt
	@touch $@

$(VENV)/.development: requirements/dev.txt $(VENV)/.runtime
	$(INSTALL) -r requirements/dev.txt
	@touch $@

# Apart from the product's packages: pip-tools brings a pip and a setuptools of its own.
$(VENV)/.pinning: requirements/pin.txt | $(BIN)/python
	$(BIN)/python -m venv $(VENV)/pinning
	$(VENV)/pinning/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/pin.txt
	@touch $@
