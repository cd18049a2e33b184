"""The typed configuration of the Connector, from Django's settings."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings

from backoffice.connector.api.lines import BasketTerms


@dataclass(frozen=True)
class ConnectorConfig:
    """Where each service of the vendor is ("" if it is not set), and how long to wait (seconds).

    `status_codes`: what a callback's status code means, "ok" or "failed" (C27). `sync_body`: template of the request
    of sync, "" if sync is not offered (C38). `partner_app_id`: sent with the call for keys instead of the
    Partner ID, "" if it is that (C54).
    """

    landing_url: str
    vas_url: str
    brokers_url: str
    sync_url: str
    keys_url: str
    partner_app_id: str
    sync_body: str
    status_codes: Mapping[str, str]
    vas_seconds: float
    total_seconds: float


def connector_config() -> ConnectorConfig:
    """The configuration as the settings have it now."""
    return ConnectorConfig(
        landing_url=settings.CONNECTOR_LANDING_URL,
        vas_url=settings.CONNECTOR_VAS_URL,
        brokers_url=settings.CONNECTOR_BROKERS_URL,
        sync_url=settings.CONNECTOR_SYNC_URL,
        keys_url=settings.CONNECTOR_KEYS_URL,
        partner_app_id=settings.CONNECTOR_PARTNER_APP_ID,
        sync_body=settings.CONNECTOR_SYNC_BODY,
        status_codes=dict(settings.CONNECTOR_STATUS_CODES),
        vas_seconds=settings.CONNECTOR_VAS_TIMEOUT,
        total_seconds=settings.CONNECTOR_TOTAL_TIMEOUT,
    )


def basket_terms() -> BasketTerms:
    """Return the settings for baskets."""
    return BasketTerms(
        segment_ids=settings.CONNECTOR_SEGMENT_IDS,
        locators=dict(settings.CONNECTOR_DECIMAL_LOCATORS),
        lots=frozenset(settings.REST_LOTS),
        names=settings.CONNECTOR_CODES == "names",
        shape=settings.CONNECTOR_BASKET_SHAPE,
        spellings=dict(settings.CONNECTOR_SPELLINGS),
    )
