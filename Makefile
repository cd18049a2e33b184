# Two commands: `make run` starts a demonstration, `make test` runs every check. Both need Python 3.11 and make only.
PYTHON ?= python3
PORT ?= 8000
ODIN_PORT ?= 8801

.PHONY: run test lint format screenshots requirements

run:
	@$(PYTHON) tools/run.py --port $(PORT) --odin-port $(ODIN_PORT)

test:
	@$(PYTHON) tools/test.py

lint:
	@$(PYTHON) tools/test.py --lint

format:
	@$(PYTHON) tools/test.py --format

screenshots:
	@SCREENSHOTS=docs/screenshots $(PYTHON) tools/test.py --only tests/acceptance/test_main_job.py

requirements:
	.venv/bin/pip-compile --quiet --upgrade --generate-hashes --strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links requirements.in
	.venv/bin/pip-compile --quiet --upgrade --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-trusted-host --no-emit-find-links requirements-dev.in
