"""Parts of a page that are asked for again while something moves. Its template says so with the tag `poll`."""

from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString


def polled(request: HttpRequest, part: str) -> bool:
    """Whether the page asks for its part with this id alone."""
    return request.headers.get("HX-Target") == part


def attributes(url: str, every: str, seen: str = "") -> SafeString:
    """What makes an element ask `url` again `every` so often ("5s") and put the answer in its own place.

    `seen` is what the page shows already, so that the answer can be that nothing moved. Nothing where `every` is empty.
    `portal.js` goes by `data-poll`: such a request is no activity of a person.
    """
    if not every:
        return SafeString("")
    if seen:
        url = f"{url}?{urlencode({'seen': seen})}"
    words = ' hx-get="{}" hx-trigger="every {}" hx-target="this" hx-swap="outerHTML" data-poll'
    return format_html(words, url, every)
