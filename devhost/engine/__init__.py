"""Instances and their episodes, what follows from them, and taking them up after a start."""
