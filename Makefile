# Every target makes its own environment in .venv from requirements.lock; only Python 3.11 or later, make and a package
# index are needed. Another Python: make PYTHON=python3.13 test

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

# One more than there are cores: a test often waits for the process that it started.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')

# The size of the benchmark: make bench SESSIONS=10000
SESSIONS ?= 100000

.DEFAULT_GOAL := help
.PHONY: help demo test lint types sql mutants bench sample trace golden screenshots wheel lock clean

help:             ## say what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## */  make \1\t/' | expand -t 16

demo: $(VENV)/.ready  ## audit the sample extract and say where the report is
	@test -e sample_data/administration.csv -o -e sample_data/administration.csv.gz -o -e sample_data/administration.parquet || $(MAKE) --no-print-directory sample
	$(BIN)/infusion-audit run sample_data --workspace audit
	@echo
	@echo "The report is in audit/index.html: open it in a browser."

test: lint        ## check everything: style, types, SQL, tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

lint: $(VENV)/.ready  ## check style, types and SQL
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@$(MAKE) --no-print-directory --jobs=2 types sql

types: $(VENV)/.ready
	$(BIN)/basedpyright

sql: $(VENV)/.ready
	$(BIN)/sqlfluff lint sql --processes 2 --disable-progress-bar --nocolor

mutants: $(VENV)/.ready  ## plant faults in the rules and list those that no test notices
	$(BIN)/python -m tests.mutation $(NAMES)

bench: $(VENV)/.ready  ## compare a whole run with the bare ingest of the same files
	$(BIN)/python benchmarks/bench.py --sessions $(SESSIONS)

sample: $(VENV)/.ready  ## write the sample extract again
	rm -rf build/sample
	$(BIN)/infusion-audit sample build/sample --sessions 120 --months 4 --seed 7 --faults
	mkdir -p sample_data && cp build/sample/* sample_data/

trace: $(VENV)/.ready  ## write docs/trace.md again: every statement of the source text and what became of it
	$(BIN)/python -m tests.support.trace_page

golden: $(VENV)/.ready  ## write the expected text of the sample's report again (tests/reports/golden)
	GOLDEN=write $(BIN)/python -m pytest -n0 -q tests/reports/test_golden.py

screenshots: $(VENV)/.ready  ## take the pictures of the README from the sample data (needs Chromium)
	$(BIN)/python -m tests.support.screenshots

wheel: $(VENV)/.ready  ## build the wheel into dist/
	$(BIN)/python -m build --wheel --no-isolation --outdir dist

lock: $(VENV)/.ready  ## resolve requirements.lock anew
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --upgrade \
		--generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links --quiet --output-file requirements.lock

clean:            ## remove the environment and everything built
	rm -rf $(VENV) dist build

$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or later is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv --clear $(VENV)
	@# The lock is whole, so there is nothing to resolve.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@
