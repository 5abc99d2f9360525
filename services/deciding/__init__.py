"""Approval tasks: assigned, decided, handed over, escalated, counted."""
