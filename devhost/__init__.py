"""A local host for Durable Functions apps in Python, where Core Tools is missing.

It imports a ``function_app.py`` unchanged, serves its HTTP triggers and the extension's management API, runs
orchestrators through the SDK's own replay and keeps the official task-hub tables. It knows no app in particular.
"""

__version__ = "1.0.0"
