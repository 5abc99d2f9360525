"""Routes about one proposal, from its submission to its publication."""
