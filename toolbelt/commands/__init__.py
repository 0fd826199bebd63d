"""One function per verb, in rooms that build on each other; each reads as a recipe."""
