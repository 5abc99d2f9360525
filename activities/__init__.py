"""The activity functions: decode, call a use case, encode; the work that an orchestrator may not do itself."""
