"""The gate before a deployment: histories of instances that are under way, replayed against the code of today.

Reads a task hub of devhost or of the official extension, and writes nothing to it. It knows no app in particular.
"""
