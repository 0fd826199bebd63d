"""What every page says about itself; tags rather than a context processor, so that the 500 page has them too."""

from datetime import datetime

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.timesince import timesince

register = template.Library()


@register.simple_tag
def commit() -> str:
    """The commit this site runs, shortened as git does."""
    return str(settings.COMMIT)[:7]


@register.simple_tag
def release_version() -> str:
    """Heroku's name of the release ("v42"), or nothing where there are no releases."""
    return str(settings.RELEASE_VERSION)


@register.filter
def ago(moment: datetime) -> str:
    """How long ago in words, in one unit: "just now", "3 minutes ago"."""
    if (timezone.now() - moment).total_seconds() < 60:
        return "just now"
    return f"{timesince(moment, depth=1)} ago"
