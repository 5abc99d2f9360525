"""The app's functions: loading and running them, HTTP routes, timer schedules, settings."""
