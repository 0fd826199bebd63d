"""What is shipped: a commit becomes an image, an archive of source, or a push.

image.py builds with Docker; config.py and layers.py turn what was built into what a registry takes; registry.py
uploads it. tarball.py packs the source of a commit, and gitpush.py pushes it.
"""
