"""Is there a Docker engine that answers?"""

from __future__ import annotations

from toolbelt import shell
from toolbelt.errors import CommandFailed, MissingTool


def version() -> str:
    """The version of the Docker engine that answers; MissingTool with the reason where none does."""
    if shell.which("docker") is None:
        raise MissingTool("docker is not on this machine")
    import docker.errors

    import docker

    try:
        client = docker.from_env(timeout=5)
        found = str(client.version()["Version"])
        client.close()
    except (docker.errors.DockerException, OSError) as error:
        reason = str(error)
        denied = "Permission denied" in reason
        raise MissingTool(
            "no right to speak to the Docker engine" if denied else "no Docker engine answers",
            finding=reason,
            todo="Add yourself to the group docker and log in again." if denied else "Start Docker.",
        ) from error
    try:
        shell.run(["docker", "compose", "version", "--short"], timeout=20)
    except CommandFailed as error:
        raise MissingTool("docker has no Compose plugin (v2)") from error
    return found
