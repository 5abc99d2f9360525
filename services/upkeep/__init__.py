"""What nobody asks for and still must happen: the sweep, erasure."""
