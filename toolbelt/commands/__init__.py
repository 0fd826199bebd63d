"""One function per verb, grouped by noun; each reads as a recipe."""
