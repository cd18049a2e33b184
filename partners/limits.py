"""How often one address may call one of ours (C4).

Counted in each process separately: a limit holds for each worker of the web server. It keeps one address from taking
all workers, and guessing from being fast; secrets of 256 bits need no more.
"""

import time
from collections.abc import Callable
from functools import wraps

from django.core.cache import caches
from django.http import HttpRequest, HttpResponse

from backoffice.audit.middleware import current_origin
from backoffice.audit.refusals import network_of
from backoffice.error_pages import too_many

#: Calls a minute and address: of pages for clients, of calls of the vendor, of order messages.
PAGES, CALLS, WEBHOOK = 120, 1200, 60_000
_MINUTE = 60


View = Callable[..., HttpResponse]


def limited(most: int) -> Callable[[View], View]:
    """Answer 429 to an address that calls this view more often than `most` times a minute: a client with a page."""

    def decorate(view: View) -> View:
        name = f"{view.__module__}.{view.__name__}"  # several modules have a view called `link`

        @wraps(view)
        def guarded(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
            if _count(name) <= most:
                return view(request, *args, **kwargs)
            if most == PAGES:
                return too_many(request)
            return HttpResponse("Too many calls. Wait a minute.", status=429, content_type="text/plain")

        return guarded

    return decorate


def _count(name: str) -> int:
    """How often the present caller called this within the present minute, this time included."""
    cache = caches["process"]
    key = f"connector/{name}/{network_of(current_origin().address)}/{int(time.time() // _MINUTE)}"
    cache.add(key, 0, _MINUTE * 2)
    try:
        return int(cache.incr(key))
    except ValueError:  # dropped in between
        return 1
