#!/bin/sh
# Builds the package of a commit, replays what is under way against its code, and deploys it with azd.
#   scripts/release/rollback.sh COMMIT
#   REPLAY_STORAGE=ACCOUNT    the host's storage account; without it nothing is replayed, and that is said
# Needs azd, signed in, with the environment selected. docs/operations/rollback.md says when.
set -eu
cd "$(dirname "$0")/../.."

fail() {
    echo "rollback: $1" >&2
    exit 1
}

[ $# -eq 1 ] || fail "name the commit: scripts/release/rollback.sh COMMIT."
commit=$(git rev-parse --verify --quiet "$1^{commit}") || fail "there is no commit $1 here: fetch it first."
python=$PWD/.venv/bin/python
[ -x "$python" ] || python=python3

folder=$(mktemp -d)
trap 'git worktree remove --force "$folder/source"; rmdir "$folder"' EXIT
git worktree add --quiet --detach "$folder/source" "$commit"
(
    cd "$folder/source"
    if [ -f scripts/release/package.py ]; then
        "$python" -m scripts.release.package
    else
        "$python" -m scripts.package # where it was up to version 1.0.0
    fi
    if [ -n "${REPLAY_STORAGE:-}" ]; then
        cp local.settings.json.example local.settings.json
        if [ -d devhost/replay ]; then
            "$python" -m devhost gate --hub --storage "$REPLAY_STORAGE"
        else
            "$python" -m replay --hub --storage "$REPLAY_STORAGE" # where it was up to version 1.0.0
        fi
    else
        echo "rollback: REPLAY_STORAGE is not set, so nothing was replayed."
    fi
)
azd deploy api --from-package "$folder/source/build/greenlight.zip" --no-prompt
echo "rollback: $commit is deployed."
