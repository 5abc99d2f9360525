#!/bin/sh
# Creates .venv and node_modules from the locked files. Each keeps a copy of the file it was made from, written
# last, so that a run with nothing to do is two comparisons and a half-made environment is made again.
#   PYTHON=/path/to/python  a Python 3.11 or 3.12 that is not on the PATH
#   EXTRA=browser               what the browser tests need, too
set -eu
cd "$(dirname "$0")/.."

requirements=requirements-dev.txt
if [ "${EXTRA:-}" = browser ]; then requirements=requirements-browser.txt; fi

fail() {
    echo "setup: $1" >&2
    exit 1
}

is_right_python() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' >/dev/null 2>&1
}

find_python() {
    for candidate in ${PYTHON:-python3.11 python3.12 python3 python}; do
        if is_right_python "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    found=$("${PYTHON:-python3}" --version 2>&1) || found="no working ${PYTHON:-python3}"
    fail "Python 3.11 or 3.12 with its venv module is needed and $found was found: install it (for example 'apt-get install\
 python3.11-venv', 'brew install python@3.12', 'winget install Python.Python.3.12' or 'uv python install 3.12') or name it\
 with 'make setup PYTHON=/path/to/python3.12'."
}

sync_packages() {
    VIRTUAL_ENV="$PWD/.venv" .venv/bin/uv pip sync --quiet --require-hashes "$@" "$requirements"
}

make_venv() {
    python=$(find_python)
    if ! is_right_python .venv/bin/python; then
        rm -rf .venv
        "$python" -m venv .venv
    fi
    uv=$(sed -n 's/^uv==\([0-9.]*\).*/\1/p' requirements-uv.txt)
    case "$(.venv/bin/uv --version 2>/dev/null)" in
        "uv $uv" | "uv $uv "*) ;;
        *)
            .venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-uv.txt ||
                fail "pip could not install uv $uv: see its message above, then run 'make setup' again."
            ;;
    esac
    sync_packages || { sleep 3 && sync_packages --refresh; } ||
        fail "the packages of $requirements could not be installed: see uv's message above, then run 'make setup' again."
    cp "$requirements" .venv/installed.txt
}

check_node() {
    version=$(node --version 2>/dev/null) || fail "Node.js 20 or later is needed, for Azurite, and 'node' was not found:\
 install it from https://nodejs.org or with your package manager, then run 'make setup' again."
    major=${version#v}
    major=${major%%.*}
    [ "$major" -ge 20 ] || fail "Node.js 20 or later is needed, for Azurite, and $version was found: install it from\
 https://nodejs.org or with your package manager, then run 'make setup' again."
    command -v npm >/dev/null 2>&1 || fail "npm is needed, to install Azurite, and was not found: install it beside\
 Node.js (for example 'apt-get install npm'), then run 'make setup' again."
}

make_node_modules() {
    npm ci --no-audit --no-fund --loglevel=error >/dev/null ||
        fail "npm could not install package-lock.json: see its message above, then run 'make setup' again."
    cp package-lock.json node_modules/installed.json
}

# A copy of a larger set serves as well: the browser tests' environment is the development one and more.
venv_is_current() {
    [ -x .venv/bin/python ] || return 1
    cmp -s "$requirements" .venv/installed.txt && return 0
    [ "$requirements" = requirements-dev.txt ] && cmp -s requirements-browser.txt .venv/installed.txt
}

check_node
venv_is_current || make_venv
cmp -s package-lock.json node_modules/installed.json || make_node_modules
