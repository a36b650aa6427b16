# Two commands matter: `make demo` and `make test`. Each makes .venv, installs the pinned dependencies and runs.
# Another Python: make PYTHON=/path/to/python3.12 demo

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# The variable silences the theme's notice of its end, of which CONTRIBUTING.md speaks.
MKDOCS := NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs
CANDIDATES := $(or $(PYTHON),python3.11 python3.12 python3.13 python3)

.DELETE_ON_ERROR:
.PHONY: demo test against docs lock clean help

help:
	@echo "make demo    analyze the demo clip into demo/"
	@echo "make test    lint, type check, run all tests (fetches the weights on the first run)"
	@echo "make against time the whole path against that of the last release, on this machine"
	@echo "make docs    build the documents as a site into site/, to be opened at site/index.html"
	@echo "make lock    pin what pyproject.toml asks for into requirements.lock"
	@echo "make clean   remove .venv, caches and the demo's output"

demo: $(STAMP)
	clip=$$($(BIN)/microemo weights fetch demo_clip) && $(BIN)/microemo analyze "$$clip"/*.mp4 --out demo

test: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(MKDOCS) build --quiet
	$(BIN)/pytest

against: $(STAMP)
	$(BIN)/python benchmarks/against.py --rounds 1

docs: $(STAMP)
	$(MKDOCS) build

# What was tested together is what gets pinned. Local version parts (torch's +cpu) name a build, not a release.
lock: $(BIN)/python
	$(BIN)/python -m pip install --editable '.[dev]'
	$(BIN)/python -m pip check
	$(BIN)/python -m pip freeze --all --exclude pip --exclude-editable | sed -E 's/\+[a-z0-9.]+$$//' | LC_ALL=C sort -f > requirements.lock.new
	! grep -n -e ' @ ' -e '^-' requirements.lock.new
	mv requirements.lock.new requirements.lock

clean:
	rm -rf $(VENV) demo site build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis src/*.egg-info
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): requirements.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --requirement requirements.lock
	$(BIN)/python -m pip install --no-deps --editable .
	touch $@

# A name on the PATH may be a shim that does not run, or a Python without venv: each candidate is tried.
$(BIN)/python:
	@for python in $(CANDIDATES); do \
	  if $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    exec $$python -m venv $(VENV); \
	  fi; \
	done; \
	echo "microemo needs Python 3.11 or newer with venv; none of these is: $(CANDIDATES)." >&2; \
	echo "Install one (Debian, Ubuntu: apt-get install python3 python3-venv), or name it: make PYTHON=/path/to/python" >&2; \
	exit 1
