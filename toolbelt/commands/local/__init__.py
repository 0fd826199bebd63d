"""Verbs that need no app: the stack, the running site, the code, the checkout."""
