"""What `make` runs: the shell scripts by name, the Python ones as modules of this package."""
