"""What an app has or is that nobody asks for, or that cannot be changed any more: told of, and never touched. Pure."""

from __future__ import annotations

from toolbelt.addresses import shown_name
from toolbelt.heroku.addons import Addon
from toolbelt.manifest import Manifest, Plan
from toolbelt.provisioning import pairing
from toolbelt.provisioning.parts import Live, Notice

# Features that change what visitors get. Heroku has dozens; the dyno metadata a deploy switches on by itself.
FEATURES = ("preboot", "http-session-affinity", "http-disable-keepalive-to-dyno")
AS = '{"plan": …, "as": "NAME"}'


def found(wanted: Manifest, live: Live) -> list[Notice]:
    """Of the app as a whole; its config vars, add-ons and dynos are looked at with the wishes for them."""
    if live.app is None:
        return []
    told = _place(wanted, live)
    if live.buildpacks and not wanted.buildpacks:
        names = ", ".join(map(shown_name, live.buildpacks))
        told.append(Notice("buildpacks", names, "set, and not asked for", '"buildpacks" in app.json, if they are to stay so'))
    for name in FEATURES:
        if live.features.get(name) and name not in wanted.features:
            todo = f"features = {{ {name} = true }} in the stage, if it is to stay on, else = false"
            told.append(Notice("feature", name, "on, and not asked for", todo))
    if live.coupling is not None and not wanted.pipeline:
        pipeline, place = live.coupling
        todo = f'pipeline = "{pipeline}" and coupling = "{place}" in the stage, if it is to stay there'
        told.append(Notice("pipeline", pipeline, f"the app is in it as {place}, which is not asked for", todo))
    # There is no word for domains in app.json: what there is can only be told.
    told += [Notice("domain", name, "leads here; app.json has no say in it", "./inv domains lists them") for name in live.domains]
    return told


def _place(wanted: Manifest, live: Live) -> list[Notice]:
    """Region and team: an app is born with the one, and given to the other by its owner."""
    assert live.app is not None
    told = []
    if wanted.region and wanted.region != live.app.region:
        what = f"the app is there, and {wanted.region} is asked for: it cannot be moved"
        told.append(Notice("region", live.app.region, what, "a new app with ./inv apps.create, and ./inv db.copy to it"))
    if wanted.team and wanted.team != live.app.team:
        what = f"{'owns the app' if live.app.team else 'the app has no team'}, and {wanted.team} is asked for"
        todo = f"https://dashboard.heroku.com/apps/{live.app.name}/settings transfers it"
        told.append(Notice("team", live.app.team or live.app.owner, what, todo))
    return told


def of_addon(plan: Plan, addon: Addon, live: Live) -> list[Notice]:
    """In what an add-on is not as the wish that it is taken for."""
    told = []
    names = pairing.names(addon, live.attachments)
    known = names or addon.state == "provisioned"  # one on its way may have no name yet
    if plan.name and known and plan.name not in names:
        lacking = f"{plan.name}_URL" not in live.config
        other = f"the app has no {plan.name}_URL" if lacking else f"{plan.name}_URL is something else"
        what = f"attached as {', '.join(sorted(names)) or 'nothing'}: taken for the {plan.plan} that is asked for, but {other}"
        todo = f"attach it as {plan.name} too (docs/from-heroku-cli.md says how), or give it its name in app.json: {AS}"
        told.append(Notice("add-on", addon.name, what, todo, grave=lacking))
    asked, there = str(plan.options.get("version", "")), live.versions.get(addon.id, "")
    if asked and there and not f"{there}.".startswith(f"{asked}."):
        what = f"is of version {there}, and {asked} is asked for: an option is only heard when an add-on is made"
        told.append(Notice("add-on", addon.name, what, "docs/from-heroku-cli.md has the upgrades of a server"))
    return told
