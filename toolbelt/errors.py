"""What can go wrong, in one shape: a headline, what was found, and what to do next.

::

    ToolbeltError            known bad news: printed without a traceback, exit status 1
    ├── UsageError           the command line asks for something that cannot be; exit status 2
    ├── MissingTool          a program or service that is needed is not on this machine
    ├── CommandFailed        a program that we started ended with a non-zero status
    ├── StackError           the site's processes or servers do not do what they should
    ├── DeployFailed         a step of a deploy did not come to its end, and what is so now
    ├── Interrupted          a person ended it in the middle; exit status 130
    ├── Refused, Unreachable Heroku says no, or nothing: toolbelt/heroku/refusals.py
    └── RegistryError        the registry does: toolbelt/artifacts/registry.py

Anything else that reaches the top is a defect of ours and keeps its traceback.
"""

from __future__ import annotations


class ToolbeltError(Exception):
    """Known bad news.

    headline: one sentence, no full stop needed; finding: what was seen, possibly many lines;
    todo: the exact next command or action.
    """

    status = 1

    def __init__(self, headline: str, *, finding: str = "", todo: str = "") -> None:
        super().__init__(headline)
        self.headline = headline
        self.finding = finding
        self.todo = todo


class UsageError(ToolbeltError):
    """The command line asks for something that cannot be."""

    status = 2


class MissingTool(ToolbeltError):
    """A program or service that is needed is not on this machine."""


class CommandFailed(ToolbeltError):
    """A program that we started ended with a non-zero status, kept as ``returncode``."""

    def __init__(self, headline: str, *, returncode: int, finding: str = "", todo: str = "") -> None:
        super().__init__(headline, finding=finding, todo=todo)
        self.returncode = returncode


class StackError(ToolbeltError):
    """The site's processes or servers do not do what they should."""


class DeployFailed(ToolbeltError):
    """A step of a deploy did not come to its end."""


class Interrupted(ToolbeltError):
    """A person ended it in the middle: what is half done, and how it goes on."""

    status = 130
