"""The approval domain: plain Python, pure functions and frozen dataclasses; no Azure, no I/O."""

# The release: the one place that says it. The newest dated entry of CHANGELOG.md is about it.
__version__ = "1.0.0"
