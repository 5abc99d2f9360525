#!/bin/sh
# Runs the tests and holds the coverage gates.
#   scripts/test.sh                  every test but the browser's, measured, on every core, then the gates
#   scripts/test.sh tests/unit -k x  only these, not measured
#   scripts/test.sh --gates          the gates alone where the last full run saw exactly these files, everything otherwise
set -eu
cd "$(dirname "$0")/.."

state=.greenlight/coverage
domain='approvals/*'

run_tests() {
    rm -rf "$state"
    mkdir -p "$state"
    touch "$state/started"
    result=0
    # A process for each core; who runs out of tests takes half of what another still has.
    .venv/bin/python -m coverage run -m pytest --numprocesses auto --dist worksteal || result=$?
    [ "$result" -eq 0 ] || exit "$result"
    .venv/bin/python -m coverage combine --quiet
    touch "$state/passed"
}

is_current() {
    [ -f "$state/passed" ] && [ -z "$(find . -name '.?*' -prune -o -name node_modules -prune -o -newer "$state/started" \
        -type f \( -name '*.py' -o -name '*.toml' -o -name '*.json' -o -path './web/*' \) -print)" ]
}

report_gate() {
    echo "== coverage of $1, at least $2%"
    shift 2
    .venv/bin/python -m coverage report "$@" || {
        echo "test: coverage is below the gate: test the lines named above, or remove them." >&2
        exit 1
    }
}

hold_gates() {
    report_gate "the domain" 100 --include="$domain" --fail-under=100
    report_gate "the rest" 90 --omit="$domain,tests/*,bench/*" --fail-under=90
}

case "${1:-}" in
    "") run_tests ;;
    --gates) is_current || run_tests ;;
    *) exec .venv/bin/python -m pytest "$@" ;;
esac
hold_gates
