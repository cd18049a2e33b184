"""Parts of a page that refresh while something moves. Templates use the tag `poll`."""

from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString


def polled(request: HttpRequest, part: str) -> bool:
    """Whether the page requests only its part with this id."""
    return request.headers.get("HX-Target") == part


def attributes(url: str, every: str, seen: str = "") -> SafeString:
    """Return attributes that make an element request `url` every so often ("5s") and replace itself by the answer.

    `seen` is what the page shows already, so that the answer can be that nothing has changed. Empty if
    `every` is empty. `portal.js` reads `data-poll`: such a request is not a person's activity.
    """
    if not every:
        return SafeString("")
    if seen:
        url = f"{url}?{urlencode({'seen': seen})}"
    words = ' hx-get="{}" hx-trigger="every {}" hx-target="this" hx-swap="outerHTML" data-poll'
    return format_html(words, url, every)
