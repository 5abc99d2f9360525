#!/bin/sh
# Every check that runs nothing of the app. All of them run, also after one failed, so that one pass shows everything.
set -u
cd "$(dirname "$0")/.."

failed=""
step() {
    name=$1
    shift
    echo "== $name"
    "$@" || failed="$failed $name"
}

step lint .venv/bin/ruff check --quiet .
step format .venv/bin/ruff format --quiet --check .
step types .venv/bin/mypy
step contracts .venv/bin/lint-imports --no-logo
step spelling .venv/bin/codespell
step page-lint node_modules/.bin/biome ci --colors=off --log-level=warn
step page-types node_modules/.bin/tsc --project web

if [ -n "$failed" ]; then
    echo "lint: failed:$failed ('make format' mends what can be mended by itself)" >&2
    exit 1
fi
