# One command for everything; each target sets up what it needs. `make help` lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# -n 2: the tests start real processes, more workers than cores only slow them down
PYTEST_ARGS ?= -q -n 2
SOAK_SECONDS ?= 600

.DEFAULT_GOAL := help
.PHONY: help setup demo run test lint bench bench-kernel soak screenshots clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## ?/  make \1\t/' | expand -t 22

setup: $(READY) ## install everything into .venv/

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "am-dbg needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) 2>/dev/null \
		|| { rm -rf $(VENV); ./scripts/debian-packages python3-venv; $(PYTHON) -m venv $(VENV); }
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev,bench]'
	@touch $@

demo: $(READY) ## the debugger with the example machines live in it
	$(BIN)/am-dbg --demo

run: $(READY) ## the debugger, listening on localhost:6831
	$(BIN)/am-dbg

test: $(READY) ## all tests
	$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: $(READY) ## style, types, direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY) ## speeds, as ratios to a peer measured in the same run
	$(BIN)/python -m benchmarks

bench-kernel: $(READY) ## the state machines alone, against two other libraries
	$(BIN)/python -m benchmarks.kernel

soak: $(READY) ## random machines under load for SOAK_SECONDS, 600 if not given
	$(BIN)/python -m tests.kernel.soak --seconds $(SOAK_SECONDS)

screenshots: $(READY) ## screenshots/ from the demo and, where it is at hand, the recorded session
	@./scripts/debian-packages libcairo2 fonts-dejavu-core \
		|| echo "going on without: pictures need the cairo library and a font such as DejaVu Sans Mono"
	$(BIN)/python -m screenshots

clean: ## remove what was installed and cached
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
