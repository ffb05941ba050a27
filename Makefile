# The two commands of the README are `make demo` and `make test`.
# Which Python the environment is made from: infra/interpreter.py chooses where nobody says so.
PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin

# Where it is set, every process compiles the whole house anew before it does anything: seconds, for each of hundreds.
unexport PYTHONDONTWRITEBYTECODE

# Whether the environment that is there was made from this Python; one of another is emptied first.
SAME := import os, sys; sys.exit(os.path.realpath(sys.executable) != os.path.realpath("$(BIN)/python"))

.PHONY: install kernel demo up down test faults chaos mutants bench bench-quick bench-keep bench-growth bench-scale lock

install: $(VENV)/installed $(VENV)/kernel

$(VENV)/installed: requirements.lock pyproject.toml
	@python="$(or $(PYTHON),$$(python3 infra/interpreter.py))" && \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11) and "juki-hub needs Python 3.11 or newer; name one with PYTHON=…")' && \
	"$$python" -m venv $$("$$python" -c '$(SAME)' || echo --clear) $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@# setuptools warns of folders that are named like the package: here they are the package
	PYTHONWARNINGS='ignore:Editable installation' $(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# What the kernel does its twin in Python does as well, but more slowly: where it cannot be built, nothing fails.
$(VENV)/kernel: $(VENV)/installed infra/kernel/build.py hub/kernel/Cargo.toml hub/kernel/crates.lock $(wildcard hub/kernel/src/*.rs)
	@$(BIN)/python infra/kernel/build.py || echo "No native kernel; its twin in Python runs instead (hub/kernel/README.md)"
	@touch $@

kernel: $(VENV)/installed
	$(BIN)/python infra/kernel/build.py

demo: install
	$(BIN)/jukihub demo

up: install
	$(BIN)/jukihub up

down: install
	$(BIN)/jukihub down

# Three workers on two cores, because tests of servers wait; a file each at a time, a Kafka and a PostgreSQL each. In
# their own order: files of one long test would otherwise come last, and one worker would wait for the others.
test: install
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

# Long and rough: it does not fit into the ten minutes of `make test` on two cores.
faults: install
	$(BIN)/python -m pytest -m faults

SEED ?= 7
MINUTES ?= 10

chaos: install
	$(BIN)/python -m tests.faults.chaos --seed $(SEED) --minutes $(MINUTES)

# Changes the decision code in every small way: a promise must break each time. Takes minutes; see tests/mutation.
mutants: install
	$(BIN)/python -m tests.mutation.run

CONTRACTS ?= 8

# Ours, Kafka Streams and the broker's limit in turn: about ten minutes, and only on a machine with nothing else to do.
bench: install
	$(BIN)/jukihub bench route --contracts $(CONTRACTS)

QUICKLY := --rounds 1 --changes 5000 --warm 2000 --system ours-1 --system ours-2 --system limit
FIGURES := tests/bench/figures.json

# Before and after a change: ratios beside those that are kept, in less than two minutes. It fails of nothing.
bench-quick: install
	$(BIN)/jukihub bench route $(QUICKLY) --against $(FIGURES)

# Keep what this machine says now, alone with it.
bench-keep: install
	$(BIN)/jukihub bench route $(QUICKLY) --keep $(FIGURES)

# More contracts, processes and partitions, longer changes, one at a time: ten minutes, and the picture of the README.
bench-growth: install
	$(BIN)/jukihub bench growth --keep tests/bench
	$(BIN)/jukihub bench scale --write

# SCALE.md anew, from the figures that are kept.
bench-scale: install
	$(BIN)/jukihub bench scale --write

lock: install
	$(BIN)/pip-compile --quiet --strip-extras --allow-unsafe --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header --extra demo --extra dev --output-file requirements.lock pyproject.toml
