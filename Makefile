# make run   serve        make test   the tests        make help   everything else
#
# Works with uv on the PATH and without. What is installed is exactly what the lock files say; it is
# installed again only when they change.

VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: help install dev run test soak check format bench lock build clean
.DEFAULT_GOAL := help

help:  ## show this
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r name what; do \
		printf '  make %-8s %s\n' "$$name" "$$what"; done

run: $(VENV)/.installed  ## install what is needed and serve
	@$(BIN)/python -m bot $(ARGS)

test: $(VENV)/.installed-dev  ## install what is needed and run the tests
	@$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder $(ARGS)

soak: $(VENV)/.installed-dev  ## the tests that take long
	@$(BIN)/python -m pytest -m soak $(ARGS)

check: $(VENV)/.installed-dev  ## format, lint, types, architecture
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.installed-dev  ## put the code into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.installed-dev  ## the benchmarks, each as a ratio to its floor
	@$(BIN)/python -m benchmarks $(ARGS)

build: $(VENV)/.installed-dev  ## the wheel and the source distribution, into dist/
	@$(BIN)/python -m build --no-isolation

install: $(VENV)/.installed  ## only install
dev: $(VENV)/.installed-dev  ## only install, with the tools

lock:  ## choose versions anew and write the lock files (needs uv)
	$(call compile,requirements.lock,)
	$(call compile,requirements-dev.lock,--group dev --constraint requirements.lock)

clean:  ## remove what was installed and cached; data/ stays
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './data/*' -prune -exec rm -rf {} +

$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	$(call install,requirements.lock)
	@touch $@

$(VENV)/.installed-dev: requirements.lock requirements-dev.lock pyproject.toml | $(BIN)/python
	$(call install,requirements-dev.lock)
	@touch $@ $(VENV)/.installed

# A python3 on the PATH may be too old, a shim that runs nothing, or without venv: try them.
$(BIN)/python:
	@for python in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
		then found="$$python"; break; fi; \
	done; \
	if command -v uv >/dev/null 2>&1; then \
		uv venv -q --clear --python "$${found:-3.13}" $(VENV); \
	elif [ -n "$$found" ]; then \
		"$$found" -m venv --clear $(VENV); \
	else \
		echo "Chatelier needs Python 3.11 or newer, and none was found. PYTHON=/path/to/python names one." >&2; \
		exit 1; \
	fi

define install
@echo "Installing what $(1) lists into $(VENV) …"
@if command -v uv >/dev/null 2>&1; then \
	uv pip install -q --python $(BIN)/python --require-hashes -r $(1) && \
	uv pip install -q --python $(BIN)/python --no-deps -e .; \
else \
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null; \
	$(BIN)/python -m pip install -qq --require-hashes -r $(1) && \
	$(BIN)/python -m pip install -qq --no-deps -e .; \
fi
endef

# No address of a package index in the files: whoever installs uses their own.
define compile
uv pip compile pyproject.toml $(2) -q --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate -o $(1)
endef
