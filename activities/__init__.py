"""The activity functions: the basic units of work. Thin: decode, call a use case, encode."""
