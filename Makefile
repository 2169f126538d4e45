# `make demo` and `make test` are the only two commands a newcomer needs. Both make their own virtual environment.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
PYTEST := $(BIN)/python -m pytest
TABLE := $(CURDIR)/.soak.jsonl
# One more than there are cores: half of a test's time is waiting for a server, a git or a screen.
WORKERS := $(shell expr $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2) + 1)

.PHONY: demo test check fmt soak slow docker-test bench coverage-req screenshots clean

# The screen wants a terminal on all three handles: whoever sends the errors of make elsewhere sees it all the same.
demo: $(STAMP)
	@$(BIN)/incidentui demo 2>&1

test: $(STAMP)
	@$(PYTEST) -q -n $(WORKERS) -m "not slow and not soak and not docker"

$(STAMP): pyproject.toml
	@test -f $(STAMP) || echo "Once: a virtual environment in $(VENV) with what incidentui needs, about half a minute."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	@$(BIN)/python -m compileall -q incidentui
	@touch $(STAMP)

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

slow: $(STAMP)
	$(PYTEST) -q -n $(WORKERS) -m "slow and not soak and not docker"

docker-test: $(STAMP)
	$(PYTEST) -q -n 2 -m "docker and not soak"

# The table at the end says what was counted, also when a sweep fails.
soak: $(STAMP)
	@rm -f $(TABLE)
	INCIDENTUI_SOAK_TABLE=$(TABLE) $(PYTEST) -q -m soak; code=$$?; $(BIN)/python -m tests.faults.table $(TABLE); exit $$code

bench: $(STAMP)
	$(BIN)/python -m bench

coverage-req: $(STAMP)
	@$(BIN)/python -m bench.coverage_req

screenshots: $(STAMP)
	$(BIN)/python -m bench.screenshots

clean:
	rm -rf $(VENV) $(TABLE) .mypy_cache .ruff_cache .pytest_cache .hypothesis
