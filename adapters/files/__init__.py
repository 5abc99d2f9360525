"""What lies beside the code: policy, directory and texts, read from files."""
