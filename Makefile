# Everything a developer does, by name. Each target first brings .venv and node_modules up to date (scripts/setup.sh),
# which costs nothing when they are.
.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-print-directory --no-builtin-rules

PORT ?= 7071
BICEP ?= bicep
python := .venv/bin/python

.PHONY: help
help: ## What there is (this list)
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'

.PHONY: setup
setup: ## Create .venv (Python 3.11 or 3.12) and node_modules (Azurite) from the lock files
	@scripts/setup.sh

.PHONY: start
start: setup ## Start Azurite and the app on http://127.0.0.1:7071 (PORT=7072 for another port)
	@$(python) -m scripts.start --port $(PORT)

.PHONY: test
test: setup ## Run every test but the browser's, with coverage gates (T="tests/unit -k tally": only those, no gates)
	@scripts/test.sh $(T)

.PHONY: test-browser
test-browser: export EXTRA = browser
test-browser: setup ## Run the tests in a real Chromium and the API fuzzing (T="tests/browser -k inbox": only those)
	@$(python) -m pytest $(or $(T),tests/browser tests/fuzz)

.PHONY: a11y
a11y: export EXTRA = browser
a11y: setup ## Every view of the page, narrow and wide, light and dark, by axe and by eye (build/browser/views)
	@$(python) -m pytest tests/browser/test_views.py

.PHONY: images
images: a11y ## Take the screenshots of docs/images again
	@mkdir -p docs/images && rm -f docs/images/*.png
	@cp build/browser/views/*-1280-light.png build/browser/views/*-320-dark.png docs/images/

.PHONY: soak
soak: setup ## Kill the local host at random under load (KILLS=200, FAULTS=--faults): nothing acknowledged may be lost
	@$(python) -m tests.devhost.soak --kills $(or $(KILLS),200) $(FAULTS)

.PHONY: bench
bench: setup ## Measure the local host: a table, and bench/results.json
	@$(python) -m bench

.PHONY: cost
cost: setup ## Count the storage requests of one approval, and price them in docs/cost.md
	@$(python) -m bench.cost

.PHONY: lint
lint: setup ## Lint, formatting, types, import contracts, spelling
	@scripts/lint.sh

.PHONY: check
check: lint ## What must hold before a commit: lint, and the coverage gates on tests of exactly these files
	@scripts/test.sh --gates

.PHONY: hooks
hooks: setup ## From now on, lint what a commit changes before it is made
	@.venv/bin/pre-commit install

.PHONY: format
format: setup ## Format the code and sort the imports
	@.venv/bin/ruff check --quiet --fix-only .
	@.venv/bin/ruff format .
	@node_modules/.bin/biome check --write --log-level=warn

.PHONY: api-types
api-types: setup ## The page's types of what the API takes and gives, from its description (after a change to the API)
	@$(python) -c "import json; from http_api.discovery import routes; from http_api.openapi.document import document; print(json.dumps(document(routes())))" | \
	  node scripts/page/api-types.js web/core/schemas.d.ts

.PHONY: vendor
vendor: setup ## Copy the libraries of the page into web/vendor and web/styles/icons.svg, as they are pinned
	@node scripts/page/vendor.js web/vendor
	@node scripts/page/icons.js web/styles/icons.svg

.PHONY: lock
lock: setup ## Resolve requirements*.in and package.json again (UPGRADE=--upgrade: to the newest releases)
	@scripts/release/lock.sh $(UPGRADE)

.PHONY: policy
policy: setup ## Check config/policy.toml against config/directory.toml: what is never reached, who can never decide
	@$(python) -m scripts.policy lint

.PHONY: infra
infra: setup ## Format, lint and build infra/main.json after a change there (BICEP=path of the Bicep compiler)
	@$(python) -m scripts.release.infra --bicep $(BICEP)

.PHONY: wheel
wheel: setup ## Build devhost as a package of its own (build/durable_devhost-*.whl)
	@cd devhost && ../$(python) -m hatchling build -t wheel -d ../build

.PHONY: clean
clean: ## Remove what the tools made, but not the app's data (.greenlight/azurite)
	@rm -rf .venv node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .greenlight/coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
