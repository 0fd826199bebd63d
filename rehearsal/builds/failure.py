"""The one way a build ends badly."""

from __future__ import annotations

import textwrap


class BuildFailed(Exception):
    """The build cannot go on; message is what Heroku would print in its ` !     ` block, headline first.

    rejected is the last line of such a build ("Push rejected, ..."), empty where Heroku prints none.
    """

    def __init__(self, message: str, *, rejected: str = "Push rejected, failed to compile Python app.") -> None:
        self.message = textwrap.dedent(message).strip()
        self.rejected = rejected
        super().__init__(self.message)
