"""The README's walkthrough, block by block, as a newcomer would paste it."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tests.e2e.greenlight import greenlight_host
from tests.hosts import ROOT, running_host

# Where a newcomer waits for a few seconds, the host lets them pass and says when nothing is left to do.
SLEEP = """sleep() {
    curl -sSf "$API/admin/clock" -H 'Content-Type: application/json' -d '{"advance": "PT'$1'S"}' -o /dev/null
}
"""


def blocks() -> list[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"```bash\n(.*?)```", text, re.DOTALL)


def test_the_walkthrough_leads_from_submission_to_record(azurite: str, tmp_path: Path) -> None:
    script = "set -e\n" + SLEEP + "\necho '-- next block'\n".join(blocks())
    script = script.replace("/tmp/greenlight-", f"{tmp_path}/")  # noqa: S108 - as the README says it
    with running_host(greenlight_host(azurite, tmp_path)) as host:
        environment = os.environ | {"API": host.url}
        done = subprocess.run(
            ["bash", "-c", script],
            capture_output=True,
            text=True,
            timeout=90,
            cwd=ROOT,
            env=environment,
            check=False,
        )
    said = done.stdout.split("-- next block")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(said) == len(blocks()) == 5
    assert "202 Accepted" in said[0]
    assert "/status" in said[0]
    assert '"state": "deciding"' in said[1]
    assert '"state": "recorded"' in said[2]
    assert said[3].count("202 Accepted") == 2
    assert '"outcome": "approved"' in said[4]
    assert "anchored" in said[4]
