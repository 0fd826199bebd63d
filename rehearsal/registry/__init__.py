"""The container registry: ``registry:3`` behind a front that lets in and refuses what registry.heroku.com does.

registry.py   what the rest of the rehearsal knows of it
front.py      the HTTP server that clients speak to
tokens.py     who may
rules.py      what is refused
backend.py    the registry itself, in a container
"""

from rehearsal.registry.registry import ImageUnavailable, Registry

__all__ = ["ImageUnavailable", "Registry"]
