"""What the platform offers, as the API shows it: every member that schema.json knows."""

from __future__ import annotations

from rehearsal.api.shapes import CEDAR, Shape, named
from rehearsal.catalogue import SINCE, Offer, Plan, Region, Service, Stack, fixed_id
from rehearsal.dynos.contract import Size
from rehearsal.records import Feature


def stack(each: Stack) -> Shape:
    facts = {"default": each.default, "state": each.state, "created_at": SINCE, "updated_at": SINCE}
    return named("stack", each.name) | facts


def region(each: Region) -> Shape:
    return named("region", each.name) | {
        "country": each.country,
        "created_at": SINCE,
        "description": each.description,
        "locale": each.locale,
        "private_capable": False,
        "provider": {"name": "amazon-web-services", "region": each.provider},
        "updated_at": SINCE,
    }


def service(each: Service) -> Shape:
    return {
        "cli_plugin_name": each.plugin,
        "created_at": SINCE,
        "human_name": each.human,
        "id": each.id,
        "name": each.name,
        "state": "ga",
        "supports_multiple_installations": True,
        "supports_sharing": True,
        "updated_at": SINCE,
        "supported_generations": [CEDAR],
    }


def plan(each: Plan) -> Shape:
    return {
        "addon_service": named("service", each.service),
        "created_at": SINCE,
        "compliance": None,
        "default": each.default,
        "description": f"{each.service} {each.human}",
        "human_name": each.human,
        "id": each.id,
        "installable_inside_private_network": False,
        "installable_outside_private_network": True,
        "name": each.full,
        "price": {"cents": each.cents, "contract": False, "unit": "month"},
        "space_default": False,
        "state": "public",
        "updated_at": SINCE,
        "visible": True,
    }


def dyno_size(each: Size) -> Shape:
    return {
        "architecture": "amd64",
        "compute": each.compute,
        "cost": {"cents": each.cents, "unit": "month"},
        "dedicated": each.dedicated,
        "precise_dyno_units": each.units,
        "generation": CEDAR,
        "id": each.id,
        "memory": each.megabytes / 1024,
        "name": each.name,
        "private_space_only": False,
    }


def feature(offer: Offer, record: Feature | None) -> Shape:
    return {
        "created_at": record.created_at if record else SINCE,
        "description": offer.description,
        "doc_url": f"https://devcenter.heroku.com/articles/{offer.name}",
        "enabled": record is not None and record.enabled,
        "id": fixed_id("feature", offer.name),
        "name": offer.name,
        "state": offer.state,
        "updated_at": record.updated_at if record else SINCE,
        "display_name": offer.human,
        "feedback_email": "rehearsal@localhost.localdomain",
    }
