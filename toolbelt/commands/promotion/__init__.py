"""The very image or slug that is proved on one app, released on another."""
