"""Verbs on accounts: login, logout, whoami."""

from __future__ import annotations

import json

from toolbelt import output, stages
from toolbelt.errors import ToolbeltError, UsageError
from toolbelt.heroku import accounts, tokens
from toolbelt.secret import Secret
from toolbelt.stages import Stage
from toolbelt.tools import Tools

WHERE = "https://dashboard.heroku.com/account (API Key)"


def login(tools: Tools, *, stage: str, account: str) -> None:
    """Keep a token in the system's keyring, once Heroku has told whose it is."""
    chosen, account = _who(tools, stage, account)
    token = _token(tools)
    heroku = tools.heroku_of(chosen, token)
    found = accounts.info(heroku.client)
    tokens.keep(token, host=chosen.host, account=account)
    tools.printer.step("login", f"{found.email}, kept in the keyring as account {account or tokens.USUAL}")
    if tools.config.environ.get(tokens.VARIABLE):
        tools.printer.warn(f"{tokens.VARIABLE} is set, and goes before the keyring")


def _token(tools: Tools) -> Secret:
    if tools.config.interactive:
        tools.printer.say(f"A token is made at {WHERE}.")
        token = output.hidden("Token (it is not shown): ")
    else:
        token = output.piped()
    if not token.strip():
        raise UsageError("There was no token", todo="./inv login asks for it; in a script: ./inv login <token.txt")
    return Secret(token.strip())


def logout(tools: Tools, *, stage: str, account: str) -> None:
    """Take a token out of the keyring; it stays valid until it is revoked at Heroku."""
    chosen, account = _who(tools, stage, account)
    name = account or tokens.USUAL
    if tokens.forget(host=chosen.host, account=account):
        tools.printer.step("logout", f"the token of the account {name} is out of the keyring; Heroku still knows it")
    else:
        tools.printer.say(f"There was no token of the account {name} in the keyring.")


def whoami(tools: Tools, *, stage: str, account: str, as_json: bool) -> None:
    """Whose token it is that a verb would use, and where it was found."""
    chosen, account = _who(tools, stage, account)
    if chosen.token is not None:
        token, where = chosen.token, "the rehearsal"
    else:
        token, where = tokens.find(tools.config.environ, host=chosen.host, account=account)
    heroku = tools.heroku_of(chosen, token)
    found = accounts.info(heroku.client)
    if as_json:
        tools.printer.data(json.dumps({"email": found.email, "token_from": where, "api": chosen.api}))
        return
    tools.printer.facts(
        [("account", found.email), ("token", f"from {where}"), ("api", chosen.api),
         ("calls left", str(accounts.remaining(heroku.client)))]
    )  # fmt: skip


def every(tools: Tools, *, as_json: bool) -> None:
    """The account of each stage: whose token it is, and where it was found; a stage without one is told of as well."""
    found = [_of_stage(tools, name) for name in stages.names(tools.config.root)]
    if as_json:
        tools.printer.data(json.dumps(found, indent=2))
        return
    if not found:
        tools.printer.say("No stage is defined in pyproject.toml yet; ./inv whoami tells whose token there is.")
        return
    keys = ("stage", "app", "account", "email", "token")
    tools.printer.table(keys, [tuple(each[key] for key in keys) for each in found])


def _of_stage(tools: Tools, name: str) -> dict[str, str]:
    chosen = stages.load(tools.config.root, name=name)
    told = {"stage": name, "app": chosen.app, "account": chosen.account or tokens.USUAL, "email": "", "token": ""}
    try:
        token, told["token"] = tokens.find(tools.config.environ, host=chosen.host, account=chosen.account)
        told["email"] = accounts.info(tools.heroku_of(chosen, token).client).email
    except ToolbeltError as error:
        told["token"] = told["token"] or error.headline
    return told


def _who(tools: Tools, stage: str, account: str) -> tuple[Stage, str]:
    """The stage that is meant, or Heroku itself where none is defined yet; and the name of the account."""
    try:
        chosen = stages.load(tools.config.root, name=stage)
    except UsageError:
        if stage:
            raise
        chosen = Stage(name="", app="")
    return chosen, account or chosen.account
