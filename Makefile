# Every target sets up what it needs: a fresh machine wants Python 3.11 with venv, make and git, and nothing else.
# The environment is .venv; a stamp in it says which extras are installed, and a changed pyproject.toml or constraints.txt renews it.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

# The caller's own Python settings would reach into .venv or take the installation out of it.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV PIP_TARGET PIP_PREFIX PIP_ROOT PIP_PYTHON
export PIP_USER := 0
export PIP_REQUIRE_VIRTUALENV := 0
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# The first of these that is at least 3.11 makes .venv; `make PYTHON=/path/to/python3.12 test` chooses another.
PYTHON ?=
INTERPRETERS := python3.11 python3 python3.12 python3.13

BIN := .venv/bin
DEMO := .venv/.installed-demo
DEV := .venv/.installed-dev
PROOFS := .venv/proofs/.installed
# One more than the cores: the tests of real processes spend much of their time waiting.
WORKERS ?= 3

# A checkout that was moved or copied has an environment that points to the old place.
ifneq ($(wildcard .venv),)
ifneq ($(shell cat .venv/.checkout 2>/dev/null),$(CURDIR))
.PHONY: $(DEMO) $(DEV) $(PROOFS)
endif
endif

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: $(DEMO) ## the wizard on an embedded account: no credentials, nothing leaves the machine
	@$(BIN)/ciam-tui demo

.PHONY: test
test: lint types contracts tests ## lint, types, import contracts and tests: a quarter of an hour on 2 cores

.PHONY: test-all
test-all: lint types contracts $(DEV) $(PROOFS) ## the same with the long matrices
	HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "long or not long"

.PHONY: lint
lint: $(DEV) ## ruff: rules and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: types
types: $(DEV) ## mypy --strict over package and tests
	$(BIN)/mypy

.PHONY: contracts
contracts: $(DEV) ## who may import whom
	$(BIN)/lint-imports --no-logo

.PHONY: tests
tests: $(DEV) $(PROOFS) ## the tests alone
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

.PHONY: bench
bench: $(DEV) ## time to the first frame, keys, plans and memory, each against a baseline
	$(BIN)/python -m tests.benchmarks.run

.PHONY: screenshots
screenshots: $(DEV) ## draw screenshots/*.svg again by driving the demo
	$(BIN)/python screenshots/draw.py

.PHONY: format
format: $(DEV) ## what the formatter and the safe fixes of the linter would do
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

define make_venv
if ! $(BIN)/python -m pip --version >/dev/null 2>&1 || [ "$$(cat .venv/.checkout 2>/dev/null)" != "$(CURDIR)" ]; then \
    found=""; \
    for candidate in $(if $(PYTHON),"$(PYTHON)",$(INTERPRETERS)); do \
        if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then found="$$candidate"; break; fi; \
    done; \
    if [ -z "$$found" ]; then \
        echo "ciam-tui needs Python 3.11 or newer; $(if $(PYTHON),$(PYTHON),python3) here is: $$($(if $(PYTHON),"$(PYTHON)",python3) --version 2>&1 || true)." >&2; \
        echo "Install it, or name it: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; \
        exit 1; \
    fi; \
    echo "Making .venv with $$("$$found" --version)"; \
    if ! "$$found" -m venv --clear .venv; then \
        echo "$$found could not make a virtual environment. On Debian and Ubuntu: apt install python3.11-venv" >&2; \
        exit 1; \
    fi; \
    printf '%s\n' "$(CURDIR)" > .venv/.checkout; \
fi
endef

$(DEMO): pyproject.toml constraints.txt
	@$(make_venv)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[demo]'
	@touch $@

$(DEV): pyproject.toml constraints.txt
	@$(make_venv)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[demo,dev]'
	@touch $(DEMO) $@

# The real AWS CLI, CloudFormation and cfn-lint, by which the exports are proven: within .venv, since it goes with it.
$(PROOFS): tests/exports/requirements.txt $(DEV)
	@$(BIN)/python -m venv --clear .venv/proofs
	.venv/proofs/bin/python -m pip install --quiet -r tests/exports/requirements.txt
	@touch $@
