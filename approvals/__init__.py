"""The approval domain: plain Python, pure functions and frozen dataclasses; no Azure, no I/O."""
