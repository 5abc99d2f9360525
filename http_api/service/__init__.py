"""Routes about who is asking, the policy, the page and the service itself."""
