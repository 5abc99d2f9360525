"""The management API, and what it shows of instances."""
