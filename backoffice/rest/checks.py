"""Checks of REST settings that can be read but make no sense. `manage.py check` runs them."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from backoffice.rest.api import calls  # noqa: F401  # fills CALLS
from backoffice.rest.api.call import CALLS, path_fault
from backoffice.rest.config import is_configured
from backoffice.rest.http import is_loopback

KEY_BYTES = (16, 24, 32)


@register()
def rest(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """Paths, time limits and the profile's key, as far as they can be judged without a call."""
    return list(_rest())


def _rest() -> Iterator[CheckMessage]:
    for name, (method, path) in settings.REST_PATHS.items():
        if name not in CALLS:
            yield Error(
                f"REST_PATHS names the call {name}, which does not exist.",
                hint=f"The calls are {', '.join(CALLS)}.",
                id="portal.E030",
            )
        elif fault := path_fault(CALLS[name], method, path):
            yield Error(f"REST_PATHS, {name}: {fault}", id="portal.E031")
    if settings.REST_CONNECT_TIMEOUT > settings.REST_TOTAL_TIMEOUT:
        yield Error(
            "REST_TOTAL_TIMEOUT is shorter than REST_CONNECT_TIMEOUT.",
            hint="The total covers connecting too: make it the longer one.",
            id="portal.E032",
        )
    if settings.REST_PROFILE_KEY and len(settings.REST_PROFILE_KEY.encode()) not in KEY_BYTES:
        yield Error("REST_PROFILE_KEY must have 16, 24 or 32 characters.", id="portal.E033")
    if settings.PORTAL_ENVIRONMENT == "LIVE" and is_configured() and is_loopback(settings.REST_BASE_URL):
        yield Warning(
            "REST_BASE_URL is an address of this machine while PORTAL_ENVIRONMENT is LIVE.",
            hint="The stand-in belongs to DEMO. Through a tunnel of your own, this warning can be left.",
            id="portal.W030",
        )
