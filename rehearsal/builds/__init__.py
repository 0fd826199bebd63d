"""Builds: a tarball of source becomes a slug, step by step as heroku-buildpack-python does it.

``builder`` takes a build from source to slug, ``compiling`` is the recipe in between; each step is a module of its own::

    source          unpack the tarball, apply .slugignore
    checks          what the buildpack refuses before it begins: stacks, committed environments
    manager         which package manager the app uses, and that it is exactly one
    versions        which Python the app asks for, and what Heroku says about it
    cache           what a build leaves for the next one
    pythons         a Python of this machine, laid out as ``.heroku/python``
    dependencies    pip, uv, Poetry, Pipenv
    django          collectstatic, and NLTK's corpora
    hooks           bin/pre_compile, bin/post_compile
    pack            Procfile, size of the slug

The steps write through ``report`` in the buildpack's layout and run their commands in a ``place``: a folder of this
machine, or a container over that folder. The result is a ``slug``; with Docker ``images`` makes an image of it too.

Facts are those of heroku-buildpack-python v351 (https://github.com/heroku/heroku-buildpack-python), in words of our own:
headlines are kept, so that what is read here is recognised there.
"""
