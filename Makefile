# Needs Python 3.11 or newer, Go and make; everything else goes into .venv.
# `make help` lists the targets. PYTHON=… names an interpreter, ARGS=… goes to pytest, or to the bench.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := .venv/bin
MTO := $(BIN)/mto

# The interpreter is looked for only where a target needs it. ensurepip is asked for too, because
# some distributions ship venv without it.
CANDIDATES := python3.13 python3.12 python3.11 python3 python
FITS := import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))
FIND = for one in $(CANDIDATES); do $$one -c '$(FITS)' >/dev/null 2>&1 && { echo $$one; break; }; done
PYTHON ?= $(shell $(FIND))

# One stamp per content of the lock file: a changed lock installs again, an unchanged one never.
LOCK := $(shell cksum < requirements-dev.txt | tr ' ' -)
REQUIREMENTS := .venv/.requirements-$(LOCK)
READY := .venv/.package
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

$(REQUIREMENTS):
	@test -n "$(PYTHON)" || { echo >&2 "mto: no Python 3.11 or newer with venv found; tried \
	$(CANDIDATES). Install one (Debian: python3 and python3-venv), or name one: make PYTHON=…"; exit 1; }
	@test -x $(BIN)/python || { echo "mto: making .venv with $$($(PYTHON) --version)"; \
		"$(PYTHON)" -m venv .venv; }
	@echo "mto: installing the locked requirements into .venv (once, about half a minute)"
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@rm -f .venv/.requirements-* && touch $@

$(READY): $(REQUIREMENTS) pyproject.toml
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: setup
setup: $(READY) ## Make .venv and install MTO into it

.PHONY: demo
demo: $(READY) ## Start a local control plane, bring the example tenants up, say what to try
	@tools/demo.sh

.PHONY: test
test: $(READY) ## Run all tests, those against the local control plane too
	@$(BIN)/pytest $(ARGS)

.PHONY: unit
unit: $(READY) ## Run the tests that need no control plane
	@$(BIN)/pytest -m "not e2e" $(ARGS)

.PHONY: check
check: check-format check-lint check-types check-layers check-generated ## Run every check but the tests

.PHONY: check-format check-lint check-types check-layers check-generated
check-format: $(READY)
	$(BIN)/ruff format --check .
check-lint: $(READY)
	$(BIN)/ruff check .
check-types: $(READY)
	$(BIN)/mypy
check-layers: $(READY)
	$(BIN)/lint-imports --no-logo
check-generated: $(READY)
	$(MTO) schema --check

.PHONY: format
format: $(READY) ## Format the code and mend what ruff can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

.PHONY: generate
generate: $(READY) ## Write CRDs, JSON Schemas and reference pages anew from the code
	@$(MTO) schema

.PHONY: bench
bench: $(READY) ## Measure speed against a local control plane
	@$(BIN)/python bench

.PHONY: bench-admission bench-audit bench-serve
bench-admission: $(READY) ## Measure what admission costs a create, at 1, 100 and 1,000 tenants
	@$(BIN)/python bench/admission.py $(ARGS)
bench-audit: $(READY) ## Measure how fast mto audit is
	@$(BIN)/python bench/audit.py $(ARGS)
bench-serve: $(READY) ## Measure the service at 1,000 tenants, about ten minutes (ARGS=--quick)
	@$(BIN)/python bench/serve.py $(ARGS)

# Long trials: not part of the tests, which hold short forms of the first two.
.PHONY: chaos budget soak
chaos: DURATION ?= 3600
chaos: $(READY) ## All bad days at random, then everything compared (SEED=…, DURATION=… in seconds)
	@$(BIN)/python -m tests.trials.chaos --seconds $(DURATION) $(if $(SEED),--seed $(SEED))
budget: DURATION ?= 600
budget: $(READY) ## A budget under load beside one plain quota (SEED=…, DURATION=…)
	@$(BIN)/python -m tests.trials.budget --seconds $(DURATION) $(if $(SEED),--seed $(SEED))
soak: DURATION ?= 1800
soak: $(READY) ## Memory of the service over a long time (DURATION=…)
	@$(BIN)/python -m tests.trials.soak --seconds $(DURATION)

# uv locks for every platform at once. With pip-tools instead, for this platform only:
#   pip-compile --generate-hashes --strip-extras --no-emit-index-url -o requirements.txt requirements.in
# and the same for requirements-dev.
UV ?= uv
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock"

.PHONY: lock
lock: ## Pin requirements*.in into requirements*.txt (UPGRADE=--upgrade for newer versions)
	@command -v "$(UV)" >/dev/null || { echo >&2 "mto: uv is not on the PATH; install it \
	(pip install uv), name it (make lock UV=…), or see the Makefile for pip-tools"; exit 1; }
	$(COMPILE) $(UPGRADE) -o requirements.txt requirements.in
	$(COMPILE) $(UPGRADE) -o requirements-dev.txt requirements-dev.in

.PHONY: clean
clean: ## Stop the local control plane; remove .venv, caches and the local state
	@if test -x $(MTO); then $(MTO) local down; fi
	@rm -rf .venv .state .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
