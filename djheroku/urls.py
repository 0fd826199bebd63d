"""Every address of the site, except /health/, which a middleware answers before any of this is looked at."""

from django.apps import apps
from django.conf import settings
from django.conf.urls.static import static as serve_files
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.generic import TemplateView


@require_safe
@cache_control(public=True, max_age=24 * 3600)
def favicon(request: HttpRequest) -> HttpResponse:
    """Where programs look that do not read the page's links."""
    return redirect(static("favicon.ico"))


urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("djheroku.keygen.urls")),
    path("admin/", admin.site.urls),
    path("favicon.ico", favicon),
    path("robots.txt", TemplateView.as_view(template_name="robots.txt", content_type="text/plain")),
    # In development only: elsewhere uploaded files are in a bucket.
    *serve_files(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
]
if apps.is_installed("debug_toolbar"):
    from debug_toolbar.toolbar import debug_toolbar_urls

    urlpatterns += debug_toolbar_urls()
