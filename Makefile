# What a person runs. Only Python >= 3.11, git and make need to be there first.
PYTHON ?= python3
PORT ?= 8001
JOBS ?= 3
BIN := .venv/bin
UV := $(or $(shell command -v uv 2>/dev/null),.uv/bin/uv)
export UV_PYTHON_DOWNLOADS := never

.PHONY: demo test faults check bench package format clean

demo: .venv/.installed  ## build the embedded catalogue and serve the site
	@$(BIN)/fairscan demo --port $(PORT)

test: .venv/.installed-dev .venv/oracle/.installed  ## run every test
	@command -v chromium chromium-browser google-chrome >/dev/null || [ -n "$$CHROMIUM" ] || \
		echo "no Chromium here: the browser tests are skipped (install chromium to run them)"
	$(BIN)/pytest -n $(JOBS) --dist loadgroup

faults: .venv/.installed-dev  ## every fault of the campaigns that `make test` samples
	FAIRSCAN_FAULTS=all $(BIN)/pytest -n $(JOBS) --dist loadgroup tests/catalog/test_kill.py \
		tests/catalog/test_live.py

check: .venv/.installed-dev  ## formatting, lint, types, floors
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# idc-index is measured in an environment of its own: the pandas that it brings would slow ours.
bench: .venv/.installed-dev .venv/oracle/.installed  ## speed and memory, as ratios measured in one run
	@UV_PROJECT_ENVIRONMENT=.venv/peer $(UV) sync --quiet --locked --only-group bench || \
		echo "idc-index could not be installed: its figures are left out"
	$(BIN)/python -m tests.bench $(BENCH)

package: .venv/.installed-dev  ## build the wheel and try it in an empty environment
	$(UV) build --quiet --wheel --out-dir dist
	$(BIN)/python -m tests.package dist $(UV)

format: .venv/.installed-dev  ## mend formatting and what lint can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:  ## remove everything that is made here
	rm -rf .venv .uv dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.uv/bin/uv:
	$(PYTHON) -m venv .uv
	.uv/bin/python -m pip install --quiet --disable-pip-version-check "uv>=0.9"

# Independent clients that the tests ask for a second opinion, with all that they bring.
.venv/oracle/.installed: pyproject.toml uv.lock | $(UV) .venv/.installed-dev
	UV_PROJECT_ENVIRONMENT=.venv/oracle $(UV) sync --quiet --locked --only-group oracle
	@touch $@

.venv/.installed: pyproject.toml uv.lock | $(UV)
	$(UV) sync --quiet --locked --no-dev --extra pixels --inexact
	@touch $@

.venv/.installed-dev: pyproject.toml uv.lock | $(UV)
	$(UV) sync --quiet --locked --extra pixels
	@touch $@ .venv/.installed
