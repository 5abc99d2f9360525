"""Timer-triggered client functions: what nobody asks for and still must happen."""
