"""Checks of CONNECTOR settings that can be read but make no sense, for `manage.py check`."""

import json
from collections.abc import Iterator, Sequence
from string import Template
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from backoffice.rest.http import is_loopback

#: The services that models 1 and 2 require.
NEEDED = ("CONNECTOR_PUBLIC_URL", "CONNECTOR_LANDING_URL", "CONNECTOR_VAS_URL")

#: The services that optional parts require.
OFFERED = ("CONNECTOR_BROKERS_URL", "CONNECTOR_SYNC_URL", "CONNECTOR_KEYS_URL")


@register()
def connector(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """Check addresses, hosts and the template of sync, without a call."""
    return list(_connector()) if settings.CONNECTOR else []


def _connector() -> Iterator[CheckMessage]:
    for name in NEEDED:
        if not getattr(settings, name):
            yield Error(f"{name} is not set, and CONNECTOR is on.", id="portal.E040")
    if settings.PORTAL_ENVIRONMENT == "LIVE" and not settings.CONNECTOR_BROKER_NAME:
        yield Error(
            "CONNECTOR_BROKER_NAME is not set, and CONNECTOR is on.",
            hint="Clients read it on every page that a link opens, and in mails with a code.",
            id="portal.E048",
        )
    yield from _host()
    yield from _sync()
    if settings.CONNECTOR_VAS_TIMEOUT >= settings.CONNECTOR_ANSWER_SECONDS:
        yield Error(
            "CONNECTOR_VAS_TIMEOUT is not shorter than CONNECTOR_ANSWER_SECONDS.",
            hint="GetOrderDetails is answered after the AuthCode is checked.",
            id="portal.E045",
        )
    for name in ("REST_BASE_URL", "CONNECTOR_KEYS_URL"):
        if "3" in settings.CONNECTOR_MODELS and not getattr(settings, name):
            yield Error(
                f"CONNECTOR_MODELS has 3, and {name} is empty.",
                hint="Model 3 places orders over the REST API, with keys of the vendor. Set both, or leave 3 out.",
                id="portal.E047",
            )
    own = [name for name in (*NEEDED, *OFFERED) if getattr(settings, name)]
    if settings.PORTAL_ENVIRONMENT == "LIVE" and any(is_loopback(getattr(settings, name)) for name in own):
        yield Warning(
            "A CONNECTOR address is one of this machine while PORTAL_ENVIRONMENT is LIVE.",
            hint="The stand-in belongs to DEMO. Through a tunnel of your own, this warning can be left.",
            id="portal.W040",
        )


def _host() -> Iterator[CheckMessage]:
    host = settings.CONNECTOR_HOST
    if host and host not in settings.ALLOWED_HOSTS and "*" not in settings.ALLOWED_HOSTS:
        yield Error(
            f"CONNECTOR_HOST is {host}, which ALLOWED_HOSTS does not have.",
            hint="Add it: otherwise no call on that host is answered.",
            id="portal.E041",
        )
    public = urlsplit(settings.CONNECTOR_PUBLIC_URL).hostname or ""
    if host and public and public != host:
        yield Error(
            f"CONNECTOR_PUBLIC_URL is on {public}, but /connector/ answers on {host} only (CONNECTOR_HOST).",
            id="portal.E042",
        )


def _sync() -> Iterator[CheckMessage]:
    if settings.CONNECTOR_SYNC_BODY and (fault := sync_fault(settings.CONNECTOR_SYNC_BODY)):
        yield Error(f"CONNECTOR_SYNC_BODY {fault}", id="portal.E043")
    if bool(settings.CONNECTOR_SYNC_BODY) != bool(settings.CONNECTOR_SYNC_URL):
        yield Error(
            "CONNECTOR_SYNC_URL and CONNECTOR_SYNC_BODY go together. Set both, or neither.", id="portal.E044"
        )


def sync_fault(template: str) -> str:
    """Return why a text cannot be the request of sync; "" if it can."""
    known = {"token": "t", "two_way_token": "w", "partner_id": "p", "sequence": "1"}
    try:
        body = json.loads(Template(template).substitute(known))
    except (ValueError, KeyError):
        return f"must be JSON, with no other placeholders than {', '.join('$' + name for name in known)}."
    return "" if isinstance(body, dict) else "must be a JSON object."
