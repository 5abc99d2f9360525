"""The one style of the record's page, and its hash for the security policy of the route that serves it."""

from __future__ import annotations

import base64
import hashlib

# In the page itself, so that a saved file still prints well; served, it needs the hash in the security policy.
STYLE = """
@page { size: A4; margin: 15mm 16mm;
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt system-ui, sans-serif; } }
:root { color-scheme: light; }
body { font: 11pt/1.45 system-ui, sans-serif; color: #111; background: #fff; max-width: 50rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 1.75rem 0 0; border-top: 2px solid #111; padding-top: .75rem; }
table { border-collapse: collapse; table-layout: fixed; width: 100%; margin: .5rem 0 1.25rem; }
thead { display: table-header-group; }
caption { text-align: left; font-weight: 600; padding: .5rem 0 .25rem; }
th, td { border-bottom: 1px solid #bbb; padding: .3rem .75rem .3rem 0; text-align: left; vertical-align: top;
  overflow-wrap: anywhere; white-space: pre-line; font-variant-numeric: tabular-nums; }
thead th { border-bottom-color: #111; font-size: .85em; color: #444; }
th { font-weight: 600; } tbody th { width: 25%; }
.outcome { font-size: 1.2rem; font-weight: 700; } .reason { white-space: pre-line; }
@media print { body { font-size: 8.5pt; line-height: 1.35; margin: 0; max-width: none; padding: 0; }
  table { margin: .25rem 0 .6rem; } th, td { padding-block: .12rem; } h2 { margin-top: .8rem; padding-top: .4rem; }
  tr { break-inside: avoid; } h2, caption { break-after: avoid; } }
"""


def style_hash() -> str:
    """What the route that serves the page names in its Content-Security-Policy: the hash of the one style."""
    return "sha256-" + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
