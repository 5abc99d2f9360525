"""The command line: options, banner and log, restart on change, and the host that it runs."""
