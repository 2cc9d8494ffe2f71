# make demo | test | test-explore | test-engines | test-system | test-browser | check | bench
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_ARGS ?=
# The fast ring on two cores; each of the two has its own brokers and database.
FAST := -n 2 --dist loadfile

.PHONY: demo test test-explore test-engines test-system test-browser check bench clean

demo: $(VENV)/.demo
	$(BIN)/forewarn demo $(DEMO_ARGS)

test: $(VENV)/.dev check
	$(BIN)/pytest $(FAST)

test-explore: $(VENV)/.dev  # the property tests, on random examples and many more of them
	$(BIN)/pytest --hypothesis-profile=explore --timeout=0

test-engines: $(VENV)/.dev  # the fast ring on Mosquitto and Apache Kafka
	FOREWARN_TEST_ENGINES=mosquitto,apache-kafka $(BIN)/pytest $(FAST)

test-system: $(VENV)/.dev
	$(BIN)/pytest -m "system or soak"

test-browser: $(VENV)/.browser console/web/node_modules/.made
	$(BIN)/pytest -m browser

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.browser
	$(BIN)/python -m benchmarks

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Forewarn needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(VENV)/bin/python pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[all]'
	touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@ $(VENV)/.demo

$(VENV)/.browser: $(VENV)/.dev
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[browser]'
	touch $@

console/web/node_modules/.made: console/web/package-lock.json  # axe-core, and what builds the page
	cd console/web && npm ci --silent --no-audit --no-fund
	touch $@

clean:
	rm -rf $(VENV) .forewarn test-artefacts
