"""API keys of partners: the one in use, and where it may be sent (C39, C54)."""

from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlsplit

from django.conf import settings

from backoffice.rest.config import NotConfigured, RestConfig, rest_config
from backoffice.rest.http import is_loopback
from backoffice.seal import SealError, unseal
from partners.errors import ConnectorProblem
from partners.models import ApiKey, Partner
from partners.models.keys import KeyType

#: The model that places orders over the REST API with these keys.
MODEL = 3


def current(partner: Partner, kind: KeyType) -> ApiKey | None:
    """The key of a type that is used now."""
    return ApiKey.objects.filter(partner=partner, type=kind, replaced_at=None).first()


def interactive(partner: Partner) -> RestConfig:
    """The REST API as a partner's interactive key opens it: the settings with its endpoint and its key (C54).

    The key is both `api_key` and `x-api-key`. Use it with `backoffice.rest.config.using`, within the request or the
    task that asked for it, and keep it nowhere. Raises ConnectorProblem if there is no key that may be used.
    """
    key = current(partner, KeyType.INTERACTIVE)
    if key is None:
        raise ConnectorProblem(f"{partner.name} has no interactive key. Fetch its keys.")
    if words := endpoint_fault(key.endpoint, partner.hosts):
        raise ConnectorProblem(f"The interactive key of {partner.name} cannot be used: {words}")
    try:
        opened = unseal(key.sealed_key)
        return replace(rest_config(), base_url=key.endpoint, api_key=opened, x_api_key=opened)
    except (NotConfigured, SealError) as error:
        raise ConnectorProblem(f"The interactive key of {partner.name} cannot be used: {error}") from None


def endpoint_fault(endpoint: str, hosts: Iterable[str]) -> str:
    """Why a key may not be sent to an endpoint; "" if it may.

    `hosts`: of the registry, `name` or `name:port`, exactly. https only; plain http to this machine in DEMO.
    """
    try:
        parts = urlsplit(endpoint)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return "its endpoint is not an address."
    loopback = settings.PORTAL_ENVIRONMENT == "DEMO" and parts.scheme == "http" and is_loopback(endpoint)
    if parts.scheme != "https" and not loopback:
        return "its endpoint is not an https address."
    if not host or parts.username is not None or parts.query or parts.fragment:
        return "its endpoint is not a plain address."
    usual = {"https": 443, "http": 80}[parts.scheme]
    allowed = {text.lower() for text in hosts}
    named = f"{host}:{port or usual}"
    if named not in allowed and not (host in allowed and (port or usual) == usual):
        return "its endpoint is on a host that the registry does not list."
    return ""
