# Registry App. `make run` serves it, `make test` tests it; `make` alone lists the rest.
# Needs Python 3.11 or newer with venv. Everything else is installed into .venv, from the locks in requirements/.

.DEFAULT_GOAL := help
.PHONY: help install run demo test check coverage lint lock bench
.SUFFIXES:

# The first of these that is new enough; asked for only where .venv has to be made.
PYTHON = $(shell for python in python3.11 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all:
LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header
STATIC := $(or $(REGISTRY_STATIC_DIR),.static)/staticfiles.json
DEMO := $(or $(REGISTRY_DATA_DIR),data/demo)

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s%s\n", $$1, $$2 }' Makefile

install: .venv/.prod ## what running needs, into .venv

run: .venv/.prod $(STATIC) ## serve it on http://127.0.0.1:8000 (HOST and PORT change that)
	@$(BIN)/python manage.py serve

demo: export REGISTRY_DATA_DIR := $(DEMO)
demo: .venv/.prod $(STATIC) ## the same with a filled organization, in data/demo
	@if test -e $(DEMO)/.filled; then \
		echo "The passwords were printed at the first start. To begin anew, remove $(DEMO)."; \
	else $(BIN)/python manage.py demo --settings=benchmarks.demo.settings && touch $(DEMO)/.filled; fi
	@$(BIN)/python manage.py serve

test: .venv/.test ## run all tests: SQLite, PostgreSQL, browser (ARGS goes to pytest)
	@$(BIN)/python -m tests.servers.chromium
	@$(BIN)/python -m tests.servers.nginx
	$(BIN)/python -m pytest $(ARGS)

check: lint ## what to run while working: lint, and the tests on SQLite without a browser (ARGS goes to pytest)
	TEST_DATABASE=sqlite $(BIN)/python -m pytest -n2 --dist=loadfile --ignore=tests/browser $(ARGS)

coverage: .venv/.test ## which lines of the site those tests run, and which they don't (half as slow again as without)
	TEST_DATABASE=sqlite $(BIN)/python -m pytest -n2 --dist=loadfile --ignore=tests/browser \
		--cov --cov-report=term-missing:skip-covered $(ARGS)

lint: .venv/.dev ## what needs no run: style, types, settings
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/djade --check --target-version 5.2 $$(find templates -name '*.html')
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/python manage.py check --fail-level WARNING
	REGISTRY_URL=https://registry.example.com $(BIN)/python manage.py check --deploy --fail-level WARNING

lock: .venv/.dev ## write the locks anew from pyproject.toml (ARGS=--upgrade takes newer versions)
	$(LOCK) $(ARGS) -o requirements/prod.txt
	$(LOCK) $(ARGS) --extra test -c requirements/prod.txt -o requirements/test.txt
	$(LOCK) $(ARGS) --extra test --extra dev -c requirements/test.txt -o requirements/dev.txt

bench: .venv/.test $(STATIC) ## measure speed and memory
	$(BIN)/python -m benchmarks $(ARGS)

# An empty file beside the packages says that they are those of the lock.
$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Registry App needs Python 3.11 or newer."; exit 1; }
	@$(PYTHON) -m venv --clear .venv || { rm -rf .venv; echo "On Debian: apt-get install python3-venv"; exit 1; }

.venv/.prod: requirements/prod.txt | $(BIN)/python
	@echo "Installing $<"
	@$(PIP) -r $<
	@touch $@

.venv/.test: requirements/test.txt | $(BIN)/python
	@echo "Installing $<"
	@$(PIP) -r $<
	@touch .venv/.prod $@

.venv/.dev: requirements/dev.txt | $(BIN)/python
	@echo "Installing $<"
	@$(PIP) -r $<
	@touch .venv/.prod .venv/.test $@

$(STATIC): requirements/prod.txt config/settings.py $(shell find static) | .venv/.prod
	@$(BIN)/python manage.py collectstatic --no-input --verbosity 0
