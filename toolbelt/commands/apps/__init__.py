"""Verbs on an app: its manifest, config vars, add-ons, domains, dynos, logs, people, review apps."""
