# Every command of this project. Each target stands alone: on a fresh clone it first makes .venv from requirements.lock.
# What the set-up prints goes to .venv/setup.log and is shown only when it fails, so that `make plan > FILE` holds the plan and nothing else.

PYTHON ?= python3
CASE ?= examples/warfarin-radiculopathy.yaml

VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready
QUIET_PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 $(RUN) -m pip --quiet
ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup plan test test-deep check fix bench lock clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r name what; do printf '%-18s %s\n' "$$name" "$$what"; done

plan: $(READY) ## print the plan of the sample patient (CASE=FILE for another one)
	@$(VENV)/bin/spineplan plan $(CASE)

test: $(READY) ## run the tests
	@$(RUN) -m pytest

test-deep: $(READY) ## run the tests with many more random examples
	@$(RUN) -m pytest -p tests.deep

check: $(READY) ## read only: lint, format, types, knowledge
	@$(RUN) -m ruff check && $(RUN) -m ruff format --check || { echo "Not in house style; \`make fix\` repairs most of it." >&2; exit 1; }
	@$(RUN) -m mypy
	@$(VENV)/bin/spineplan knowledge check

fix: $(READY) ## repair what can be repaired: lint, format, generated pages
	@$(RUN) -m ruff check --fix
	@$(RUN) -m ruff format
	@$(RUN) -m tests.language.render
	@$(RUN) -m tests.docs.sample

bench: $(READY) ## time one outcome and one whole command
	@$(RUN) benchmarks/run.py

setup: $(READY) ## make .venv and nothing else

lock: $(VENV)/lock/bin/uv ## re-make requirements.lock: exact versions with hashes, no address (UPGRADE=--upgrade takes newer ones)
	@$(VENV)/lock/bin/uv pip compile --quiet --python-version 3.11 --universal --generate-hashes --no-header \
		--extra dev $(UPGRADE) --output-file requirements.lock pyproject.toml >/dev/null
	@echo "requirements.lock is re-made; the next command renews .venv." >&2

clean: ## remove .venv and everything that tools left behind
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis tests/.hypothesis build dist
	@find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUN):
	@$(PYTHON) -c '$(ENOUGH)' 2>/dev/null || { \
		echo "Spineplan needs Python 3.11 or newer; \`$(PYTHON)\` is $$($(PYTHON) --version 2>/dev/null || echo missing)." >&2; \
		echo "Install a newer one and name it: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { \
		echo "\`$(PYTHON) -m venv\` failed. On Debian and Ubuntu, install the package python3-venv." >&2; rm -rf $(VENV); exit 1; }

$(READY): requirements.lock pyproject.toml | $(RUN)
	@echo "Setting up $(VENV) (only now, and after a change of requirements.lock or pyproject.toml) ..." >&2
	@{ $(QUIET_PIP) install --require-hashes --requirement requirements.lock \
		&& $(QUIET_PIP) install --no-deps --no-build-isolation --editable . ; } >$(VENV)/setup.log 2>&1 \
		|| { cat $(VENV)/setup.log >&2; echo "Setting up $(VENV) failed; the messages above say why." >&2; exit 1; }
	@touch $(READY)

$(VENV)/lock/bin/uv: | $(RUN)
	@$(RUN) -m venv $(VENV)/lock && PIP_DISABLE_PIP_VERSION_CHECK=1 $(VENV)/lock/bin/python -m pip --quiet install uv 2>$(VENV)/lock.log \
		|| { cat $(VENV)/lock.log >&2; exit 1; }
