"""The client functions: routes, identity, problem details and the API's description."""
