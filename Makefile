# make chat    everything that is needed, then the chat page on http://127.0.0.1:7860
# make test    everything that is needed, then all checks
# make setup   only what is needed: .venv, models, index
# make reliability, make bench    the long runs
# make clean   remove .venv, caches and index generations; models and pages stay
#
# Each step leaves a stamp in .venv/stamps and is skipped while nothing it depends on has changed.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := setup
.DELETE_ON_ERROR:

# The first Python that is new enough; another one: make PYTHON=/path/to/python3.11 ...
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$python"; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
HOST ?= 127.0.0.1
PORT ?= 7860

# The models that an empty environment uses; both are also the defaults in settings.py.
ENCODER ?= all-minilm-l6-v2
MODEL ?= qwen2.5-coder-1.5b

# llama.cpp is compiled for the processor of this machine, on all its cores.
export CMAKE_BUILD_PARALLEL_LEVEL ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: setup chat test lint types tests browser models index lock reliability bench clean

setup: models index
	@echo "==> ready: make chat, or $(BIN)/sidebyside --help"

chat: setup
	$(BIN)/sidebyside chat --host $(HOST) --port $(PORT)

test: setup browser lint types tests

lint: $(STAMPS)/packages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMPS)/packages
	$(BIN)/mypy

tests: models index browser
	$(BIN)/python -m pytest

# All rows in benchmarks/reliability, about 25 minutes on 2 cores beside the suite; fewer trials: SHARE=0.2
SHARE ?= 1.0
reliability: setup browser
	$(BIN)/python benchmarks/reliability/run.py --share $(SHARE)

bench: setup
	@for script in benchmarks/[a-z]*.py; do echo "==> $$script"; $(BIN)/python "$$script"; done

$(STAMPS)/venv:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Python 3.11 or newer is needed: on Debian, apt install python3 python3-venv python3-dev" >&2; exit 1; fi
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments: on Debian, apt install python3-venv" >&2; exit 1; }
	@echo "==> virtual environment in $(VENV)"
	"$(PYTHON)" -m venv $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/packages: $(STAMPS)/venv requirements.lock pyproject.toml
	@command -v c++ >/dev/null && command -v cc >/dev/null || { \
		echo "a C and a C++ compiler are needed to build llama.cpp: on Debian, apt install build-essential" >&2; exit 1; }
	@echo "==> Python packages (2.3 GB); llama.cpp is compiled for this processor, once, about 5 minutes on 2 cores"
	$(BIN)/pip install --quiet --progress-bar off "$$(grep '^torch==' requirements.lock)"
	$(BIN)/pip install --quiet --progress-bar off --requirement requirements.lock
	$(BIN)/pip install --quiet --no-deps --editable .
	@touch $@

# Not a stamp: the command sees in milliseconds whether the files are there and unchanged since they were verified.
models: $(STAMPS)/packages
	@$(BIN)/sidebyside models pull $(ENCODER) $(MODEL)

# Nor is this: where no page has changed since the last build, nothing is done.
index: $(STAMPS)/packages models
	@$(BIN)/sidebyside index

# Chromium drives the chat page in tests/browser.
browser:
	@if ! command -v chromium >/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "==> chromium, for the browser tests"; \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; \
		else echo "the browser tests need chromium: on Debian, apt install chromium" >&2; exit 1; fi; fi

# Writes the versions that are installed now; torch without the suffix of its build, so that pip may choose one.
lock: $(STAMPS)/packages
	$(BIN)/pip list --format=freeze --exclude-editable --exclude pip --exclude setuptools \
		| sed 's/+cpu$$//' > requirements.lock

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis index/generations index/CURRENT
