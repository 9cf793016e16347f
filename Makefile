# Everything that is done with this checkout. `make` alone lists it.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCKED := --require-hashes --no-deps --requirement
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-annotate --no-emit-index-url --no-emit-find-links
JOBS   ?= 4
# No test cuts the power, so none learns anything from the disk; where memory is ample, nobody waits for it.
MEMORY := $(shell df -k /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 2000000 { print "TMPDIR=/dev/shm" }')
FAST   := not slow and not faults and not browser

.DEFAULT_GOAL := help
.PHONY: help setup demo test check static fast bench format docs pictures lock clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

setup: $(VENV)/.ready-dev ## Install everything for development into .venv, from the hash-locked files

demo: $(VENV)/.ready-demo ## Try it on this machine without a Google account; ARGS=--once plays one invoice and ends
	@$(BIN)/postausgang demo $(ARGS)

test: $(VENV)/.ready-dev ## Set up (browser, PostgreSQL and mail servers too), then run every test
	@.ci/test-tools
	$(MEMORY) $(BIN)/python -m pytest -n $(JOBS) $(ARGS)

check: static fast ## Format, lint, types, imports, spelling, fast tests

static: $(VENV)/.ready-dev ## The checks that run no code
	$(BIN)/ruff format --check --quiet
	$(BIN)/ruff check --quiet
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/interrogate --quiet
	$(BIN)/codespell

fast: $(VENV)/.ready-dev
	$(MEMORY) $(BIN)/python -m pytest --quiet -n $(JOBS) -m "$(FAST)" $(ARGS)

bench: $(VENV)/.ready-dev ## Print every benchmark, beside its floor, in one run
	$(BIN)/python -m tests.benchmarks $(ARGS)

format: $(VENV)/.ready-dev ## Write the code as the formatter wants it
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

docs: $(VENV)/.ready-dev ## Write the table of settings into deploy/settings.md
	$(BIN)/python -m tests.deploy.settings_table deploy/settings.md

pictures: $(VENV)/.ready-dev ## Take the README's pictures anew, from the browser tests' own run
	@.ci/test-tools
	$(BIN)/python -m pytest --quiet tests/browser/test_look.py -k "en and (walk_connections or walk_messages)"
	mkdir -p deploy/pictures
	for mode in light dark; do \
		cp screenshots/home-en-$$mode-1280.png deploy/pictures/connections-$$mode.png && \
		cp screenshots/sent-en-$$mode-1280.png deploy/pictures/message-$$mode.png || exit 1; \
	done

# All four files come from one resolution, so that they never disagree.
lock: $(VENV)/.ready-dev ## Write the lock files anew; ARGS=--upgrade takes newer releases
	$(COMPILE) $(ARGS) pyproject.toml --all-extras --group dev --group build -o deploy/requirements-dev.txt
	$(COMPILE) -c deploy/requirements-dev.txt pyproject.toml --extra demo --group build -o deploy/requirements-demo.txt
	$(COMPILE) -c deploy/requirements-dev.txt pyproject.toml -o deploy/requirements.txt
	$(COMPILE) -c deploy/requirements-dev.txt --group build -o deploy/requirements-build.txt

clean: ## Remove .venv and everything that was generated
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage build dist
	find service tests -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment that stands from an earlier run is kept; one whose Python is gone is made anew.
$(shell test ! -e $(VENV)/.made || $(BIN)/python -c '' 2>/dev/null || rm -f $(VENV)/.made)

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "make: needs Python 3.11 or newer; say which: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV) \
		|| { echo "make: needs Python's venv module; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.made pyproject.toml deploy/requirements-dev.txt
	@echo "Installing what development needs into $(VENV) …"
	@$(PIP) install $(LOCKED) deploy/requirements-dev.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $(VENV)/.ready-demo $@

$(VENV)/.ready-demo: $(VENV)/.made pyproject.toml deploy/requirements-demo.txt
	@echo "Installing what the demo needs into $(VENV) …"
	@$(PIP) install $(LOCKED) deploy/requirements-demo.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@
