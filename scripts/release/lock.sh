#!/bin/sh
# Resolves requirements*.in into hashed requirements*.txt for every system and Python 3.11 and later, and package.json into
# package-lock.json. Releases of the last week are left alone: mirrors lag, and bad releases are withdrawn soon.
set -eu
cd "$(dirname "$0")/../.."

for name in requirements requirements-dev requirements-browser requirements-audit requirements-uv; do
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --exclude-newer "7 days" \
        --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" "$@" "$name.in" -o "$name.txt"
done
npm install --package-lock-only
