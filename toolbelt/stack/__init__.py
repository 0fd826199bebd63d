"""The site's processes and servers on this machine: in Docker, or without it."""
