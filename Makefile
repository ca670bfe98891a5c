# Everything a newcomer needs: `make demo` and `make test`. Both set up .venv by themselves, once.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
# What to set up from: on nodes with a GPU `make setup LOCK=requirements-gpu.lock`.
LOCK ?= requirements.lock
STAMP := $(VENV)/.installed$(LOCK:requirements%.lock=%)
DEMO := demo
# What `make bench` compares on, where it keeps what has ended and what is under way, the length of a piece, and further
# options of it.
GALAXIES ?= $(or $(GALAXY_DATA),../shared/data)/galaxy-zoo-2-five-class.zip
RESULTS ?= tests/benchmarks/peers/results.jsonl
BENCH ?= bench
MINUTES ?= 30
OPTIONS ?=
# Files of tests, two at a time, in the order of tests/conftest.py.
TWO := -n 2 --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-newest bench lint picture format lock clean

help: ## Show this help.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{sub(/:.*/, "", $$1); printf "  make %-11s %s\n", $$1, $$2}'

setup: $(STAMP) ## Create .venv with the pinned versions, byte-compiled.

# TensorFlow imports in 6 s of CPU with compiled bytecode and in 17 s without: compile at install, whatever the
# environment says. uv installs in seconds what takes pip minutes; it comes pinned and hashed itself.
$(STAMP): $(LOCK) bootstrap.lock pyproject.toml
	@echo "Setting up $(VENV): about a minute and 4 GB, once."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r bootstrap.lock
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode $(LOCK)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@rm -f $(VENV)/.installed* && touch $@

demo: $(STAMP) ## Run the whole journey on the built-in sample.
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh tests/demo.sh $(DEMO)

test: $(STAMP) lint ## Lint, type-check and run all tests.
	@$(BIN)/python -m pytest $(TWO)

lint: $(STAMP) ## Check style, types, layers, and that all is reached.
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/vulture

# Beside .venv, so that what is developed with stays as it is pinned.
test-newest: $(STAMP) ## Run all tests with the newest versions that pyproject.toml allows.
	@test -x $(VENV)-newest/bin/python || $(PYTHON) -m venv $(VENV)-newest
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/uv pip install --quiet --python $(VENV)-newest/bin/python --upgrade --compile-bytecode --editable '.[dev,export,submit,aws,gcp]'
	@$(BIN)/uv pip list --quiet --python $(VENV)-newest/bin/python --outdated
	@$(VENV)-newest/bin/python -m pytest $(TWO)

bench: $(STAMP) ## Compare with the peers for half an hour (MINUTES=30); the same command goes on.
	@PYTHONPATH=tests $(BIN)/python -m benchmarks.peers $(GALAXIES) $(RESULTS) --work $(BENCH) --minutes $(MINUTES) $(OPTIONS)

format: $(STAMP) ## Format the code.
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

picture: $(STAMP) ## Draw the packages, rooms and imports in CONTRIBUTING.md again.
	@$(BIN)/python tests/rooms.py CONTRIBUTING.md

# Without addresses: pinned versions with hashes, for whichever index is configured. Nodes with a GPU have the same ones,
# with CUDA, and without what only development and `galaxy export` need.
PIN = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra aws --extra gcp --extra submit
lock: ## Pin the newest versions that pyproject.toml allows.
	@$(PIN) --upgrade --extra dev --extra export pyproject.toml -o requirements.lock
	@$(PIN) --upgrade --extra gpu --constraint requirements.lock pyproject.toml -o requirements-gpu.lock

clean: ## Remove what the demo made.
	@rm -rf $(DEMO)
