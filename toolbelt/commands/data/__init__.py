"""Verbs on an app's data: databases, backups, fixtures, uploaded files."""
