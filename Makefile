# `make run` starts a demonstration, `make test` runs every check. Both need make and Python 3.11 or newer only.
PYTHON ?= python3
PORT ?= 8000
ODIN_PORT ?= 8801
REST_PORT ?= 8802
CONNECTOR_PORT ?= 8803

.PHONY: run manage test soak lint format audit screenshots requirements

# A new demonstration begins with four weeks of a made-up broker; EMPTY=1 begins without.
run:
	@$(PYTHON) tools/run.py --port $(PORT) --odin-port $(ODIN_PORT) --rest-port $(REST_PORT) \
		--connector-port $(CONNECTOR_PORT) $(if $(EMPTY),--clients 0)

# A command of manage.py with the demonstration's settings: make manage DO="demo_staff --reset"
manage:
	@$(PYTHON) tools/run.py --odin-port $(ODIN_PORT) --rest-port $(REST_PORT) --manage $(DO)

test:
	@$(PYTHON) tools/test.py

# The long run of the fault test; its options: make soak SOAK=--help
SOAK ?=
soak:
	@$(PYTHON) tools/test.py --soak $(SOAK)

lint:
	@$(PYTHON) tools/test.py --lint

format:
	@$(PYTHON) tools/test.py --format

# Known vulnerabilities of the libraries, over the network, to run on a schedule. Exit code 1: there are some; 2: some could not be looked up.
audit:
	@$(PYTHON) tools/audit.py

# The pictures of README.md, from a running demonstration that `make run` has just made.
screenshots:
	@$(PYTHON) tools/screenshots.py --port $(PORT)

PIN = .venv/bin/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links

requirements:
	$(PIN) --output-file=requirements.txt requirements.in
	$(PIN) --output-file=requirements-demo.txt requirements-demo.in
	$(PIN) --output-file=requirements-dev.txt requirements-dev.in
