"""A commit pushed to an app's own repository at Heroku, which builds it while it takes it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from toolbelt import shell
from toolbelt.errors import CommandFailed, ToolbeltError
from toolbelt.secret import Secret, scrub

VARIABLE = "DJHEROKU_GIT_PASSWORD"
BRANCH = "refs/heads/main"
# git asks it twice: for the user's name, which may be any, and for the password, which is the token.
HELPER = f"""#!/bin/sh
case "$1" in
    Username*) echo heroku ;;
    *) printf '%s\\n' "${VARIABLE}" ;;
esac
"""


def push_argv(root: Path, url: str, *, commit: str, force: bool) -> list[str]:
    """The command that pushes. No credential helper: it would be asked first, and would keep what we know."""
    argv = ["git", "-C", str(root), "-c", "credential.helper=", "push", "--porcelain"]
    return [*argv, *(["--force"] if force else []), url, f"{commit}:{BRANCH}"]


def push(
    root: Path,
    url: str,
    *,
    commit: str,
    token: Secret,
    environ: Mapping[str, str],
    say: Callable[[str], None],
    force: bool = False,
    flag: str = "",
) -> bool:
    """Push, and tell what git and Heroku say line by line; False where Heroku has the commit already.

    The token is in the environ of git alone: not in the address, not among its arguments, not in a file. Raises
    ToolbeltError with the reason where the push is rejected.
    """
    heard: list[str] = []
    with tempfile.TemporaryDirectory(prefix="djheroku-") as folder:
        helper = Path(folder) / "askpass"
        helper.write_text(HELPER)
        helper.chmod(0o700)
        child = {
            **environ,
            "GIT_ASKPASS": str(helper),
            "GIT_TERMINAL_PROMPT": "0",
            VARIABLE: token.reveal(),
            "LC_ALL": "C",  # what it says is read below
        }
        try:
            for line in shell.lines(push_argv(root, url, commit=commit, force=force), cwd=root, env=child):
                text = scrub(line, [token])
                heard.append(text)
                if text.startswith("remote: "):
                    say(text.removeprefix("remote: ").rstrip())
        except CommandFailed as error:
            raise _rejected("\n".join(heard), error.returncode, flag) from None
    return not any("[up to date]" in line or line == "Everything up-to-date" for line in heard)


def _rejected(said: str, returncode: int, flag: str) -> ToolbeltError:
    """Why a push was rejected, and what to do."""
    finding = "\n".join(line for line in said.splitlines() if not line.startswith(("remote:", "To ", "Done")))
    headline, todo = f"git push ended with status {returncode}", ""
    if "shallow update not allowed" in said:
        headline = "This clone is shallow: Heroku takes no history with an end cut off"
        todo = f"git fetch --unshallow, or ./inv deploy --build source{flag}, which needs no history"
    elif re.search(r"non-fast-forward|fetch first|stale info", said):
        headline = "The app has commits that this branch does not have"
        todo = f"Merge them, or replace them: ./inv deploy --build git --force{flag}"
    elif re.search(r"Authentication failed|could not read (Username|Password)|returned error: 40[13]\b", said):
        headline = "Heroku's git does not accept the token"
        todo = f"./inv whoami{flag} tells whose it is; ./inv login{flag} stores a new one"
    elif "pre-receive hook declined" in said:
        headline = "Heroku has rejected the push: the build failed"
        todo = "What it says stands above. Mend it, commit, and type the same again"
    elif re.search(r"repository .* not found|does not exist|No such app|returned error: 404\b", said):
        headline = "Heroku has no such repository"
        todo = f"./inv apps.create{flag}"
    elif re.search(r"unable to access|Could not resolve|Connection refused|timed out", said):
        headline = "Heroku's git does not answer"
        todo = "Is the network there? Then type the same again"
    return ToolbeltError(headline, finding=finding.strip(), todo=todo)
