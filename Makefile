# make run    set up everything and start the app on http://127.0.0.1:8050
# make test   run every test, the browser ones included
# make lint   ruff, mypy and the architecture test
# make bench  measure loading, queries and exports
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: run test lint bench lock browser screenshots clean
.DELETE_ON_ERROR:

run: $(VENV)/.runtime
	$(BIN)/python app.py

test: $(VENV)/.development browser
	$(BIN)/python -m pytest -n 2 --cov --cov-report=term:skip-covered

lint: $(VENV)/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_architecture.py

bench: $(VENV)/.development
	$(BIN)/python -m bench

screenshots: $(VENV)/.development browser
	$(BIN)/python docs/take_screenshots.py

# Recompile the pinned, hashed requirements from the *.in files.
lock: $(VENV)/.development
	$(BIN)/uv pip compile -q --upgrade --generate-hashes --no-emit-index-url --no-annotate requirements.in -o requirements.txt
	$(BIN)/uv pip compile -q --upgrade --generate-hashes --no-emit-index-url --no-annotate requirements-dev.in -c requirements.txt -o requirements-dev.txt

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# The lists are complete, so pip resolves nothing: its resolver would trip over newer releases of what is pinned.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps

$(VENV)/.runtime: requirements.txt | $(BIN)/python
	$(INSTALL) -r requirements.txt
	touch $@

$(VENV)/.development: requirements-dev.txt | $(BIN)/python
	$(INSTALL) -r requirements-dev.txt
	touch $@ $(VENV)/.runtime

# The browser tests need Chromium; without it, and without the right to install it, they skip and say so.
browser:
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-dejavu-core >/dev/null; } \
		|| echo "Chromium is not installed: browser tests will be skipped (apt-get install chromium)."
