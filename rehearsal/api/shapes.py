"""Records as the API shows them: every member that schema.json knows."""

from __future__ import annotations

from typing import Any

from rehearsal import certificates
from rehearsal.catalogue import fixed_id
from rehearsal.catalogue import plan as plan_by
from rehearsal.catalogue import service as service_by
from rehearsal.dynos.contract import SIZES
from rehearsal.dynos.contract import size as size_by
from rehearsal.dynos.dyno import Dyno
from rehearsal.records import (
    Addon,
    App,
    Attachment,
    Build,
    Collaborator,
    Coupling,
    Domain,
    Formation,
    Pipeline,
    Promotion,
    PromotionTarget,
    Record,
    Release,
    Slug,
    Webhook,
)
from rehearsal.world import World

Shape = dict[str, Any]
CEDAR = {"id": fixed_id("generation", "cedar"), "name": "cedar"}
STATES = ("crashed", "down", "idle", "starting", "up")


def times(record: Record) -> Shape:
    return {"id": record.id, "created_at": record.created_at, "updated_at": record.updated_at}


def named(kind: str, name: str) -> Shape:
    return {"id": fixed_id(kind, name), "name": name}


def app_of(world: World, app_id: str) -> Shape:
    """The short form of an app, in other records."""
    app = world.store.get(App, app_id)
    return {"id": app_id, "name": app.name if app else ""}


def app(world: World, app: App) -> Shape:
    return times(app) | {
        "acm": app.acm,
        "archived_at": None,
        "buildpack_provided_description": "Python" if app.slug_size else None,
        "build_stack": named("stack", app.build_stack),
        "generation": CEDAR,
        "git_url": f"{world.git}/{app.name}.git",
        "internal_routing": None,
        "maintenance": app.maintenance,
        "name": app.name,
        "owner": world.user,
        "organization": None,
        "team": None,
        "region": named("region", app.region),
        "released_at": app.released_at,
        "repo_size": None,
        "slug_size": app.slug_size,
        "space": None,
        "stack": named("stack", app.stack),
        "web_url": world.app_url(app.name),
    }


def addon(world: World, each: Addon) -> Shape:
    service, plan = service_by(each.service), plan_by(each.plan)
    assert service is not None
    assert plan is not None
    variables = [f"{attached.name}_URL" for attached in world.store.all(Attachment, addon_id=each.id, app_id=each.app_id)]
    app = app_of(world, each.app_id)
    return times(each) | {
        "actions": [],
        "addon_service": {"id": service.id, "name": service.name},
        "billing_entity": app | {"type": "app"},
        "app": app,
        "billed_price": {"cents": plan.cents, "contract": False, "unit": "month"},
        "config_vars": list(dict.fromkeys(variables)),
        "name": each.name,
        "plan": {"id": plan.id, "name": plan.full},
        "provider_id": each.id,
        "provision_message": str(each.server.get("failure", "")),
        "state": each.state,
        "web_url": f"{world.base}/data/{each.service}/{each.id}",
    }


def attachment(world: World, each: Attachment) -> Shape:
    addon = world.store.get(Addon, each.addon_id)
    assert addon is not None
    return times(each) | {
        "addon": {"id": addon.id, "name": addon.name, "app": app_of(world, addon.app_id)},
        "app": app_of(world, each.app_id),
        "name": each.name,
        "namespace": each.namespace,
        "web_url": f"{world.base}/data/{addon.service}/{addon.id}",
        "log_input_url": None,
    }


def build(world: World, each: Build) -> Shape:
    wanted = ("checksum", "url", "version", "version_description")
    return times(each) | {
        "app": {"id": each.app_id},
        "buildpacks": [{"name": name, "url": name} for name in each.buildpacks] or None,
        "generation": "cedar",
        "output_stream_url": stream_url(world, each.stream_id),
        "source_blob": {name: each.source.get(name) for name in wanted},
        "release": {"id": each.release_id} if each.release_id else None,
        "slug": {"id": each.slug_id} if each.slug_id else None,
        "stack": each.stack,
        "status": each.status,
        "user": world.user,
    }


def stream_url(world: World, identity: str | None) -> str | None:
    return f"{world.base}/streams/{identity}" if identity else None


def release(world: World, each: Release) -> Shape:
    app = world.store.get(App, each.app_id)
    assert app is not None
    newest = world.releases.newest_succeeded(app)
    current = newest is not None and newest.id == each.id
    has_code = bool(each.slug_id or each.images)
    slug = [{"type": "slug", "id": each.slug_id}] if each.slug_id else []
    images = [{"type": "oci-image", "id": fixed_id("image", image.digest)} for image in each.images.values()]
    return times(each) | {
        "addon_plan_names": list(each.addon_plan_names),
        "artifacts": slug + images,
        "app": {"id": app.id, "name": app.name},
        "description": each.description,
        "slug": {"id": each.slug_id} if each.slug_id else None,
        "status": each.status,
        "user": world.user,
        "version": each.version,
        "current": current,
        "output_stream_url": stream_url(world, each.stream_id),
        "eligible_for_rollback": each.status == "succeeded" and has_code,
    }


def slug(world: World, each: Slug) -> Shape:
    return times(each) | {
        "blob": {"method": "GET", "url": f"{world.base}/slugs/{each.id}"},
        "buildpack_provided_description": "Python",
        "checksum": None,
        "commit": each.commit,
        "commit_description": each.commit_description,
        "deleted_at": None,
        "process_types": dict(each.process_types),
        "size": each.size,
        "stack": named("stack", each.stack),
    }


def formation(world: World, each: Formation) -> Shape:
    size = size_by(each.size) or SIZES[1]
    return times(each) | {
        "app": app_of(world, each.app_id),
        "command": each.command,
        "dyno_size": {"id": size.id, "name": size.name},
        "quantity": each.quantity,
        "size": size.name,
        "type": each.type,
    }


def dyno(each: Dyno) -> Shape:
    return {
        "attach_url": each.attach_url,
        "command": each.shown,
        "created_at": each.created_at,
        "id": each.id,
        "name": each.name,
        "release": {"id": each.release.id, "version": each.release.version},
        "app": {"id": each.app.id, "name": each.app.name},
        "size": each.size.name,
        "state": each.state if each.state in STATES else "down",
        "type": each.type,
        "updated_at": each.updated_at,
    }


def domain(world: World, each: Domain) -> Shape:
    custom = each.kind == "custom"
    adding = custom and certificates.is_adding(each, world.settings)
    status, reason = certificates.state(each, world.settings)
    return times(each) | {
        "acm_status": status,
        "acm_status_reason": reason,
        "app": app_of(world, each.app_id),
        "cname": f"{each.id.replace('-', '')[:16]}.herokudns.localhost" if custom and not adding else None,
        "hostname": each.hostname,
        "kind": each.kind,
        "status": "pending" if adding else "succeeded" if custom else "none",
        "sni_endpoint": certificates.endpoint(each.app_id) if status in certificates.ISSUED else None,
    }


def pipeline(world: World, each: Pipeline) -> Shape:
    owner = {"id": world.account_id, "type": "user"}
    return times(each) | {"name": each.name, "owner": owner, "generation": CEDAR}


def coupling(each: Coupling) -> Shape:
    return times(each) | {"app": {"id": each.app_id}, "pipeline": {"id": each.pipeline_id}, "stage": each.stage}


def promotion(world: World, each: Promotion) -> Shape:
    """Completed when nothing is pending at any of its targets, whatever came of them."""
    pending = any(_promoted(world, one) == "pending" for one in world.store.all(PromotionTarget, promotion_id=each.id))
    return times(each) | {
        "pipeline": {"id": each.pipeline_id},
        "source": {"app": {"id": each.app_id}, "release": {"id": each.release_id}},
        "status": "pending" if pending else "completed",
    }


def promotion_target(world: World, each: PromotionTarget) -> Shape:
    status = _promoted(world, each)
    failed = "The release command failed." if status == "failed" else None
    return {
        "app": {"id": each.app_id},
        "error_message": each.error or failed,
        "id": each.id,
        "pipeline_promotion": {"id": each.promotion_id},
        "release": {"id": each.release_id} if each.release_id else None,
        "status": status,
    }


def _promoted(world: World, each: PromotionTarget) -> str:
    """The release is there before it is over: the target is pending while its release phase runs."""
    if each.error:
        return "failed"
    release = world.store.get(Release, each.release_id) if each.release_id else None
    if release is None:
        return "pending"
    return release.status if release.status in ("pending", "failed") else "succeeded"


def collaborator(world: World, each: Collaborator) -> Shape:
    user = {"email": each.email, "federated": False, "id": fixed_id("user", each.email)}
    permissions = [{"name": name, "description": name} for name in ("deploy", "operate", "view")]
    app = app_of(world, each.app_id)
    return times(each) | {"app": app, "permissions": permissions, "role": "collaborator", "user": user}


def webhook(world: World, each: Webhook) -> Shape:
    """As Heroku's, without authorization and secret: they are never shown again."""
    return times(each) | {"app": app_of(world, each.app_id), "include": list(each.include), "level": each.level, "url": each.url}
