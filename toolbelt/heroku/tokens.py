"""Where the token of an account is: HEROKU_API_KEY, else ~/.netrc, else the system's keyring."""

from __future__ import annotations

import netrc
from collections.abc import Mapping
from pathlib import Path

from toolbelt.errors import MissingTool, ToolbeltError
from toolbelt.secret import Secret

VARIABLE = "HEROKU_API_KEY"
USUAL = "default"  # the account that is meant where none is named


def find(environ: Mapping[str, str], *, host: str, account: str = "", home: Path | None = None) -> tuple[Secret, str]:
    """The token for the API at ``host``, and in a few words where it was found.

    A stage that names its account takes it from the keyring: ~/.netrc holds one token for a host, whoever it
    belongs to. Raises ToolbeltError where there is none, or what cannot be one.
    """
    token, where = _found(environ, host=host, account=account, home=home)
    word = token.reveal()
    if not (word.isascii() and word.isprintable()) or " " in word:
        raise ToolbeltError(
            f"What is in {where} cannot be a token",
            finding="There is a blank, a line break or an odd letter in it, as when more was copied than the token",
            todo=f"Copy it anew from https://dashboard.heroku.com/account (API Key), and put it into {where} alone",
        )
    return token, where


def _found(environ: Mapping[str, str], *, host: str, account: str, home: Path | None) -> tuple[Secret, str]:
    if value := environ.get(VARIABLE, "").strip():
        return Secret(value), VARIABLE
    home = home or Path(environ.get("HOME") or Path.home())
    if not account and (token := _from_netrc(home / ".netrc", host)):
        return token, "~/.netrc"
    if token := _from_keyring(host, account or USUAL):
        return token, f"the keyring, account {account or USUAL}"
    name = f" of the account {account}" if account else ""
    raise ToolbeltError(
        f"There is no token{name} for {host}",
        finding=f"Looked for in {VARIABLE}, ~/.netrc and the system's keyring",
        todo=f"./inv login{f' --account {account}' if account else ''}; in CI, set {VARIABLE}",
    )


def _from_netrc(path: Path, host: str) -> Secret | None:
    try:
        found = netrc.netrc(path).hosts.get(host)
    except FileNotFoundError:
        return None
    except (OSError, netrc.NetrcParseError) as error:
        reason = error.msg if isinstance(error, netrc.NetrcParseError) else error.strerror
        raise ToolbeltError("~/.netrc cannot be read", finding=str(reason), todo="Mend it or move it away") from None
    return Secret(found[2]) if found and found[2] else None


# The keyring. Its package is imported late: it looks for backends when it is imported, which takes a while.


def _service(host: str) -> str:
    return f"djheroku {host}"


def _from_keyring(host: str, account: str) -> Secret | None:
    import keyring
    import keyring.errors

    try:
        found = keyring.get_password(_service(host), account)
    except keyring.errors.KeyringError:  # no keyring at all, or a locked one: then there is no token in it for us
        return None
    return Secret(found) if found else None


def keep(token: Secret, *, host: str, account: str = "") -> None:
    """Put a token into the keyring; MissingTool where this machine has none."""
    import keyring
    import keyring.errors

    try:
        keyring.set_password(_service(host), account or USUAL, token.reveal())
    except keyring.errors.NoKeyringError:
        raise _no_keyring() from None
    except keyring.errors.KeyringError as error:
        raise MissingTool("The system's keyring does not take the token", finding=str(error)) from None


def forget(*, host: str, account: str = "") -> bool:
    """Take a token out of the keyring; False if there is none."""
    import keyring
    import keyring.errors

    try:
        keyring.delete_password(_service(host), account or USUAL)
    except keyring.errors.NoKeyringError:
        raise _no_keyring() from None
    except keyring.errors.PasswordDeleteError:
        return False
    except keyring.errors.KeyringError as error:
        raise MissingTool("The system's keyring does not open", finding=str(error)) from None
    return True


def _no_keyring() -> MissingTool:
    return MissingTool(
        "This machine has no keyring that a token could be kept in",
        finding="On a desktop it is the Keychain, the Credential Manager, GNOME Keyring or KWallet; a server has none.",
        todo=f"Set {VARIABLE} instead, or write the token to ~/.netrc (chmod 600)",
    )
