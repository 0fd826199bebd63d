"""The pages. Each change answers in two ways: a redirect for a plain form, a fragment or a sentence for the script."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from djheroku.keygen import limits, queueing
from djheroku.keygen.models import Key

PAGE_SIZE = 10
YEAR = 365 * 24 * 3600

View = Callable[..., HttpResponse]


def visitor_of(request: HttpRequest) -> UUID | None:
    """Who is asking: known by the session from their first key on."""
    value = request.session.get("visitor")
    return UUID(value) if value else None


def by_script(request: HttpRequest) -> bool:
    return request.headers.get("X-Requested-With") == "fetch"


def counted(view: View) -> View:
    """Count the request as one for work; too many are refused politely, and so is every one while the cache is away."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            limits.count(request)
        except limits.TooMany as refusal:
            response = refuse(request, 429, f"That was a lot of keys. Please wait {refusal.seconds} seconds.")
            response["Retry-After"] = str(refusal.seconds)
            return response
        except limits.Unavailable:
            return refuse(request, 503, queueing.NOT_ASKED)
        return view(request, *args, **kwargs)

    return wrapped


def refuse(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    """A page that says why not and what to do; for the script the sentence alone."""
    if by_script(request):
        return HttpResponse(sentence, content_type="text/plain; charset=utf-8", status=status)
    return render(request, f"{status}.html", {"sentence": sentence}, status=status)


def find(request: HttpRequest, pk: UUID, *, own: bool = False) -> Key:
    """The key, looked after. Raises Http404 for other visitors' keys, and with *own* for examples as well."""
    visitor = visitor_of(request)
    key = Key.objects.filter(pk=pk).first()
    if key is None or key.visitor not in ({visitor} if own else {visitor, None}) or (own and key.is_example):
        raise Http404("No such key.")
    queueing.look_after(key)
    return key


@require_safe
@never_cache
def index(request: HttpRequest) -> HttpResponse:
    """The form, and a page of the visitor's keys and the examples."""
    number = request.GET.get("page", "1")
    page = int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 0
    start = (page - 1) * PAGE_SIZE
    # One row more than the page has says whether there is another: no COUNT.
    rows = list(Key.objects.visible_to(visitor_of(request))[start : start + PAGE_SIZE + 1]) if page else []
    if not rows and page != 1:
        raise Http404("No such page.")
    keys = rows[:PAGE_SIZE]
    for key in keys:
        queueing.look_after(key)
    context = {
        "keys": keys,
        "page": page,
        "newer": page - 1,
        "older": page + 1 if len(rows) > PAGE_SIZE else 0,
        "pending": any(key.is_pending for key in keys),
    }
    return render(request, "keygen/index.html", context)


@require_safe
@never_cache
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One key on its own page, where a plain form leads to."""
    return render(request, "keygen/detail.html", {"key": find(request, pk)})


@require_safe
@never_cache
def card(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One key as a fragment, for the script that follows its state."""
    return render(request, "keygen/card.html", {"key": find(request, pk)})


@require_POST
@counted
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for a key. The first time makes the session that knows the visitor."""
    if "visitor" not in request.session:
        request.session["visitor"] = str(uuid4())
        request.session.set_expiry(YEAR)
    key = Key.objects.create(visitor=visitor_of(request))
    queueing.enqueue(key)
    if key.state == Key.State.FAILED:
        # Nothing is kept of it: Django saves no session with a 5xx, so that a new visitor could never come back to it.
        key.delete()
        return refuse(request, 503, queueing.NOT_ASKED)
    return answer(request, key, status=201)


@require_POST
@counted
def retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Try a failed key again; a key that is on its way or done stays as it is."""
    key = find(request, pk, own=True)
    queueing.retry(key)
    if key.state == Key.State.FAILED:
        return refuse(request, 503, queueing.NOT_ASKED)
    return answer(request, key, status=200)


def answer(request: HttpRequest, key: Key, *, status: int) -> HttpResponse:
    """The card for the script, the key's own page for a plain form."""
    if by_script(request):
        return render(request, "keygen/card.html", {"key": key}, status=status)
    return redirect(key)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask first, then delete. Its job, if it is still to come, finds nothing to do."""
    key = find(request, pk, own=True)
    if request.method != "POST":
        return render(request, "keygen/delete.html", {"key": key})
    name = str(key)
    key.delete()
    if by_script(request):
        return HttpResponse(status=204)
    messages.success(request, f"{name} is deleted.")
    return redirect("keygen:index")
