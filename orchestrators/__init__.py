"""The orchestrator functions: deterministic generators that only decide what happens next."""
