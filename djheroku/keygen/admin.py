"""Keys in the admin: what happened to them, and another try. Not their values: those are the visitors' secrets."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from djheroku.keygen import queueing
from djheroku.keygen.models import Key

admin.site.site_header = admin.site.site_title = "djheroku"


class OwnerFilter(admin.SimpleListFilter):
    """Visitors' keys or the examples."""

    title = "owner"
    parameter_name = "owner"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("visitor", "Visitors"), ("example", "Examples")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Key]) -> QuerySet[Key]:
        if self.value() in ("visitor", "example"):
            return queryset.filter(visitor__isnull=self.value() == "example")
        return queryset


@admin.register(Key)
class KeyAdmin(admin.ModelAdmin):
    """Keys come from visitors and are written by the worker: staff look, retry and delete."""

    list_display = ["key", "state", "progress", "created", "took"]
    ordering = ["-created"]
    list_filter = ["state", OwnerFilter, "created"]
    search_fields = ["=id", "=visitor", "=job_id", "error"]
    search_help_text = "An id of a key, a visitor or a job, whole; or a part of an error."
    date_hierarchy = "created"
    list_per_page = 50
    show_full_result_count = False
    actions = ["retry_failed"]
    fields = ["id", "visitor", "state", "progress", "error", "job_id", "created", "updated", "finished", "took"]
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description="Key")
    def key(self, key: Key) -> str:
        return f"{key.short_id} (example)" if key.is_example else key.short_id

    @admin.display(description="Took")
    def took(self, key: Key) -> str:
        """From the request to the value, waiting included."""
        return f"{(key.finished - key.created).total_seconds():.1f} s" if key.finished else ""

    @admin.action(description="Try the failed ones again", permissions=["change"])
    def retry_failed(self, request: HttpRequest, queryset: QuerySet[Key]) -> None:
        tried = list(queryset.filter(state=Key.State.FAILED, visitor__isnull=False))
        for key in tried:
            queueing.retry(key)
        refused = sum(key.state == Key.State.FAILED for key in tried)
        if refused:
            self.message_user(request, f"The queue did not take {refused} of {len(tried)}.", messages.ERROR)
        else:
            self.message_user(request, f"{len(tried)} put back into the queue.", messages.SUCCESS)
