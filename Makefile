# make chat    what tables and quotes need, then the chat page on http://127.0.0.1:7860; meanwhile llama.cpp is compiled
#              and the language model fetched, and it joins (LLM=no: without)
# make test    everything that is needed, then all checks
# make setup   everything that is needed: .venv, models, index
# make reliability, make bench    the long runs
# make clean   remove .venv, caches and index versions; models and pages stay
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

# no: make chat leaves the language model out.
LLM ?= yes

# llama.cpp is compiled for the processor of this machine, on all its cores. A ready wheel of llama-cpp-python takes
# seconds instead, and is not made for this processor: LLAMA_WHEEL=file, address, address of an index of wheels, or yes.
export CMAKE_BUILD_PARALLEL_LEVEL ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# What pip does, in two lines instead of 130: how many packages it has found, when it installs them, what went wrong.
COUNTED = { n=0; while IFS= read -r line; do case "$$line" in \
	Collecting*) n=$$((n + 1)); \
		if [ -t 1 ]; then printf '\r    %d packages found' $$n; \
		elif [ $$((n % 40)) = 0 ]; then echo "    $$n packages found"; fi;; \
	"Installing collected"*) if [ -t 1 ]; then echo; fi; echo "    installing them";; \
	ERROR* | error*) echo "$$line";; esac; done; }
PIP := PYTHONUNBUFFERED=1 $(BIN)/pip install --progress-bar off

.PHONY: setup chat test lint types tests browser models encoder index proxies lock reliability bench clean

setup: $(STAMPS)/everything models index
	@echo "==> ready: make chat, or $(BIN)/sidebyside --help"

chat: $(STAMPS)/packages encoder index
	$(BIN)/sidebyside chat --host $(HOST) --port $(PORT) $(if $(filter no,$(LLM)),--no-llm,--get-llm)

test: setup browser proxies lint types tests

lint: $(STAMPS)/everything
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMPS)/everything
	$(BIN)/mypy

# Two at once take 16 minutes on 2 cores where one takes 25: many tests wait for a server or a browser. The tests of a
# file stay together and share what was opened for them. All on one core: WORKERS=0
WORKERS ?= 2
tests: $(STAMPS)/everything models index browser proxies
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile

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

# What answers from tables and quotes, and the page: no compiler, no torch. The versions are those of the lock file.
$(STAMPS)/packages: $(STAMPS)/venv requirements.lock pyproject.toml
	@echo "==> 1 of 3: packages for the page, tables and quotes (about 250 MB to fetch, 0.8 GB on disk, 1 to 2 minutes)"
	@$(PIP) --constraint requirements.lock --editable . | $(COUNTED)
	@touch $@

# The rest: llama.cpp, torch, and what the checks need.
$(STAMPS)/everything: $(STAMPS)/packages
	@[ -n "$${LLAMA_WHEEL:-}" ] || { command -v c++ >/dev/null && command -v cc >/dev/null; } || { \
		echo "a C and a C++ compiler are needed to build llama.cpp: on Debian, apt install build-essential" >&2; exit 1; }
	@echo "==> all other packages (1.5 GB on disk); llama.cpp is compiled for this processor, about 5 minutes on 2 cores"
	$(BIN)/sidebyside models engine
	@$(PIP) "$$(grep '^torch==' requirements.lock)" | $(COUNTED)
	@$(PIP) --requirement <(grep -v '^llama.cpp.python==' requirements.lock) | $(COUNTED)
	@touch $@

# Not stamps: the command sees in milliseconds whether the files are there and unchanged since they were verified.
models: $(STAMPS)/packages
	@$(BIN)/sidebyside models pull $(ENCODER) $(MODEL)

encoder: $(STAMPS)/packages
	@echo "==> 2 of 3: the encoder, $(ENCODER) (about 90 MB)"
	@$(BIN)/sidebyside models pull $(ENCODER)

# Nor is this: where no page has changed since the last build, nothing is done.
index: $(STAMPS)/packages encoder
	@echo "==> 3 of 3: the index of the pages in index/seeds"
	@$(BIN)/sidebyside index

# Chromium drives the chat page in tests/browser.
browser:
	@if ! command -v chromium >/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "==> chromium, for the browser tests"; \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; \
		else echo "the browser tests need chromium: on Debian, apt install chromium" >&2; exit 1; fi; fi

# nginx and Caddy stand before the page in tests/serving, with README's snippets. Packages start them as services: not here.
proxies:
	@lacking=; for program in nginx caddy; do \
		PATH="$$PATH:/usr/sbin:/usr/local/sbin" command -v $$program >/dev/null || lacking="$$lacking $$program"; done; \
	if [ -n "$$lacking" ]; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "==>$$lacking, for the tests behind a proxy"; \
			apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
				apt-get install -y -qq --no-install-recommends $$lacking; \
		else echo "the tests behind a proxy need$$lacking: on Debian, apt install$$lacking" >&2; exit 1; fi; fi

# Writes the versions that are installed now; torch without the suffix of its build, so that pip may choose one.
lock: $(STAMPS)/everything
	$(BIN)/pip list --format=freeze --exclude-editable --exclude pip --exclude setuptools \
		| sed 's/+cpu$$//' > requirements.lock

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis index/generations index/CURRENT
