"""What the policy and the directory say: read, checked, and turned into a route with people and deadlines."""
