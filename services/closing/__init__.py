"""The end of a proposal: its outcome, its sealed record, its instances purged."""
