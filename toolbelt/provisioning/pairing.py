"""Which add-on of an app a wish means: an app may have several of one service, under different names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from toolbelt.heroku.addons import Addon
from toolbelt.heroku.attachments import Attachment
from toolbelt.manifest import Plan

Key = tuple[str, str]  # service and name


def paired(plans: Sequence[Plan], there: Sequence[Addon], attachments: Sequence[Attachment]) -> dict[Key, Addon]:
    """Each wish's add-on, where there is one: by service and name; a wish without a name takes any that nobody asks for,
    unless its name is that of another app's add-on."""
    found: dict[Key, Addon] = {}
    elsewhere = {each.name for each in shared(there, attachments)}
    for plan in plans:
        for addon in there:
            if addon.service == plan.service and plan.name in names(addon, attachments):
                found[plan.key] = addon
    for plan in plans:
        free = [each for each in there if each.service == plan.service and each not in found.values()]
        if plan.key not in found and not plan.attachment and plan.name not in elsewhere and free:
            found[plan.key] = free[0]
    return found


def names(addon: Addon, attachments: Iterable[Attachment]) -> set[str]:
    """What the app has it as: while it is being provisioned there is no config var yet."""
    told = {var.removesuffix("_URL") for var in addon.config_vars if var.endswith("_URL")}
    return told | {each.name for each in attachments if each.addon_id == addon.id}


def shared(there: Iterable[Addon], attachments: Iterable[Attachment]) -> list[Attachment]:
    """Those that lead to add-ons of other apps."""
    own = {addon.id for addon in there}
    return [each for each in attachments if each.addon_id not in own]
