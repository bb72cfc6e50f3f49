# The table of contents of this repository. `make run` and `make test` do all set-up on a fresh machine.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

.PHONY: run test test-slow check fix bench quality fuzz lock docker clean

run: $(VENV)/.run               ## serve with the embedded defaults
	$(BIN)/scrubrelay serve

test: $(VENV)/.dev              ## every test but the slow ones, real SDKs and a real server included
	$(BIN)/pytest -n auto --dist loadgroup $(ARGS)

test-slow: $(VENV)/.dev         ## the tests that take minutes
	$(BIN)/pytest -m slow --timeout 1800 $(ARGS)

lint: $(VENV)/.dev              ## format, lint, types strict, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test                ## what CI runs

fix: $(VENV)/.dev               ## what can be mended by a machine
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev             ## envelopes per second, latency, memory, cost of each step
	$(BIN)/python -m benchmarks $(ARGS)

quality: $(VENV)/.dev           ## what the pattern library finds and what it leaves alone
	$(BIN)/python -m benchmarks.quality $(ARGS)

fuzz: $(VENV)/.dev              ## a coverage-guided fuzzer on envelopes and JSON, for some minutes
	$(BIN)/pip install --quiet 'atheris>=3,<4'
	$(BIN)/python -m tests.fuzz $(ARGS)

lock: $(VENV)/.dev              ## renew both locks from the ranges in pyproject.toml
	$(BIN)/pip install --quiet 'uv>=0.9'
	$(BIN)/uv pip compile --quiet --universal --no-emit-index-url --no-emit-find-links --no-annotate --generate-hashes --python-version 3.11 pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --no-emit-index-url --no-emit-find-links --no-annotate --generate-hashes --python-version 3.11 --extra dev pyproject.toml -o requirements-dev.lock

docker:                         ## the image, as the README deploys it
	docker build -t scrubrelay .

clean:
	rm -rf $(VENV) .cache dist

$(VENV)/.run: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@ $(VENV)/.run
