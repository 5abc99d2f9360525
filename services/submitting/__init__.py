"""Proposals and revisions: previewed, submitted, screened, revised."""
