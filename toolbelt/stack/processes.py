"""What the Procfile's processes become in development: the same, but for reloading on save.

docker-compose.yml says the same for Docker; a test holds the two and the Procfile together.
"""

from __future__ import annotations

from collections.abc import Mapping

# The Procfile's release line and, on the first run, example data and an admin: in one process, which waits for the database.
RELEASE = "python manage.py devrelease"
# What the latter says begins with one of these.
SEEDED = ("example keys loaded", "user admin, password")
RELOADING = {
    "web": "python manage.py runserver {host}:{port}",
    "worker": "python manage.py devworker",
}


def running(procfile: Mapping[str, str], *, host: str, port: int) -> dict[str, str]:
    """The processes that keep running, in the order of the Procfile."""
    return {
        name: RELOADING.get(name, command).format(host=host, port=port) if name in RELOADING else command
        for name, command in procfile.items()
        if name != "release"
    }
