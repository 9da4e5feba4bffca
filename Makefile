# Python 3.11+, git and make are enough: uv comes from PyPI where it is not there yet, and brings all else, Node too.
PYTHON ?= python3
UV := $(or $(shell command -v uv),.venv-uv/bin/uv)
RUN := $(UV) run --frozen --quiet
SHARED := -n auto --maxprocesses 4 --dist worksteal  # a twin for each process
SOURCES := cdk.json $(shell find infra functions layers/common -type f -not -name '*.pyc')
export UV_PYTHON_DOWNLOADS := never

.PHONY: help setup lint test rough bench demo twin synth deploy
.DEFAULT_GOAL := help

help: ## These targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: build/ready ## Everything that the others need: environment, wheels for Lambda, client programs
	@$(RUN) python -m local.clients

demo: setup ## Files over SFTP, FTPS and FTP in, products in Plytix, a channel file out
	@$(RUN) python -m local.demo

twin: setup ## The whole system on this machine, to try with your own client; Ctrl-C ends it
	@$(RUN) bridge twin up

test: setup ## All tests
	@$(RUN) pytest $(SHARED) $(ARGS)

rough: SEED := $(or $(SEED),$(shell od -An -N2 -tu2 /dev/urandom | tr -d ' '))
rough: setup ## The journeys in a rough twin: late, double and lost deliveries, throttling, deaths; SEED=n to repeat a run
	$(RUN) pytest $(or $(JOURNEYS),tests/journeys) $(SHARED) --rough $(SEED) -p randomly --randomly-seed $(SEED) $(ARGS)

bench: .venv/ready ## What a file costs in requests to Plytix, beside other ways; build/bench.json
	@$(RUN) python -m benchmarks $(ARGS)

lint: .venv/ready ## Style, types, and who may import whom
	@$(RUN) ruff check .
	@$(RUN) mypy layers/common/python/bridge cli infra local functions
	@$(RUN) lint-imports

synth: cdk.out/ready ## The templates, checked, in cdk.out

deploy: synth ## To the AWS account you are logged in to; ARGS="-c name=acme -c vpc=…" as you need
	@echo "From now on AWS takes about 0.30 USD an hour for each protocol, used or not, until the endpoint is removed (README: Deploy)"
	$(RUN) python -m infra.cdk deploy --all $(ARGS)
	@echo
	@echo "Deployed. Next, for your company:"
	@echo "  .venv/bin/bridge secret set plytix --key KEY   how to log in at Plytix; asks for the password"
	@echo "  .venv/bin/bridge config apply DIR          partners, feeds and channels (config/ is a sample)"
	@echo "  .venv/bin/bridge partner password NAME     a login for each partner, or: partner key NAME"
	@echo "  .venv/bin/bridge writes on                 until then runs are planned and answered, and nothing is sent to Plytix"
	@echo "  .venv/bin/bridge runs                      what their files became"

.venv-uv/bin/uv:
	$(PYTHON) -m venv .venv-uv && .venv-uv/bin/pip install --quiet uv==0.13.9

.venv/ready: pyproject.toml uv.lock | $(UV)
	$(UV) sync --frozen --quiet && touch $@

build/ready: .venv/ready infra/deps.py
	$(RUN) python -m infra.deps && touch $@

cdk.out/ready: build/ready $(SOURCES)
	$(RUN) python -m infra.app && $(RUN) python -m infra.wiring cdk.out && touch $@
