# make demo, make test, make bench: all need Python 3.10 to 3.13 and make, nothing else.
# make web-demo serves the shipped models in a page; it needs node and npm, too.

PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python3.10; do \
	$$python -c 'import ensurepip, sys, venv; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& { echo $$python; break; }; done)
BIN := .venv/bin

.PHONY: demo bench test lint web-demo zoo clean

demo: .venv/demo
	$(BIN)/litebrush demo

bench: .venv/bench
	$(BIN)/python benchmarks/bench.py

test: .venv/dev
	$(MAKE) lint
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

web-demo: .venv/export
	rm -rf demo-output/web
	$(BIN)/litebrush export app --platform web --out demo-output/web \
		$$($(BIN)/python -c 'import litebrush; print(*(f"--model {model.name}" for model in litebrush.models()))')
	cd demo-output/web && npm install --no-audit --no-fund && npm run build && npm run serve

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# make zoo MODEL=denoise DATA=folder: train a shipped model again, or export its finished run; see weights/README.md
zoo: .venv/dev
	@test -n "$(MODEL)" -a -n "$(DATA)" || { echo "say which model, and where its images are: make zoo MODEL=denoise DATA=folder"; exit 2; }
	$(BIN)/python weights/make.py $(MODEL) --data $(DATA)

.venv/%: pyproject.toml
	@test -n "$(PYTHON)" || { echo "no Python 3.10 to 3.13 found; install one, or name it: make PYTHON=..."; exit 2; }
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	touch $@

clean:
	rm -rf .venv demo-output bench-output
