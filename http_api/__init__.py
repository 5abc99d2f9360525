"""The HTTP API: client functions, identity, problem details, request bodies."""
