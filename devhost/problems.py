"""What stops the host: one sentence that says how to mend it."""


class Problem(Exception):
    """Printed without a stack trace."""
