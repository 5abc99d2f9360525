"""The moves that every use case is made of: load, change under an ETag, and write what follows from it."""
