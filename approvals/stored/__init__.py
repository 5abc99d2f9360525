"""How the domain is stored: names of blobs, ids, and the one JSON codec."""
