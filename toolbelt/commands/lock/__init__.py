"""One change of an app at a time, and who is at it."""
