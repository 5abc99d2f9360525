"""The one style of the record's page, and its hash for the security policy of the route that serves it."""

from __future__ import annotations

import base64
import hashlib

# In the page itself, so that a saved file still prints well; served, it needs the hash in the security policy.
STYLE = """
@page { margin: 18mm; }
body { font: 11pt/1.45 system-ui, sans-serif; color: #111; background: #fff; max-width: 50rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; border-top: 1px solid #999; padding-top: 1rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; }
caption { text-align: left; font-weight: 600; padding: .25rem 0; }
th, td { border: 1px solid #999; padding: .3rem .5rem; text-align: left; vertical-align: top; overflow-wrap: anywhere;
  white-space: pre-line; }
th { background: #eee; font-weight: 600; } tbody th { width: 25%; }
.outcome { font-size: 1.2rem; font-weight: 700; } .reason { white-space: pre-line; }
@media print { body { margin: 0; max-width: none; padding: 0; } tr { break-inside: avoid; }
  h2, caption { break-after: avoid; } }
"""


def style_hash() -> str:
    """What the route that serves the page names in its Content-Security-Policy: the hash of the one style."""
    return "sha256-" + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
