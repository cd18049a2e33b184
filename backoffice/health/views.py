"""Health and metrics, without a login: a load balancer asks with nothing, monitoring with a token."""

import secrets
from collections.abc import Iterator

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily

from backoffice import __version__
from backoffice.health import state

#: What each metric says, and the name of its label.
METRICS = {
    "portal_build_info": ("Always 1; its label is the version that runs", "version"),
    "portal_deliveries": ("Deliveries by state", "state"),
    "portal_attempts_recent": ("Attempts of the last five minutes by outcome", "outcome"),
    "portal_oldest_queued_seconds": ("Age of the oldest delivery that may go out", ""),
    "portal_needs_person": ("Deliveries that need attention", ""),
    "portal_new_words": ("New refusal messages of ODIN, not marked as read yet", ""),
    "portal_circuit_open": ("1 while the circuit to ODIN is open", ""),
    "portal_sending_paused": ("1 while an admin has paused all sending", ""),
    "portal_odin_logged_on": ("1 while there is a dealer session", ""),
    "portal_since_sweep_seconds": ("Seconds since the last sweep of a worker, -1 for never", ""),
}


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """This process answers, with its version. Asks neither database nor broker."""
    return HttpResponse(f"ok {__version__}", content_type="text/plain")


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """How each part is: 200, or 503 where the database or the workers do not work, so that nothing is delivered."""
    parts = state.parts()
    works = all(parts.get(name) == "ok" for name in ("database", "workers"))
    return JsonResponse(parts, status=200 if works else 503)


class _Figures:
    """Gauges from the database at each scrape: right however many processes serve and work."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, values in state.numbers().items():
            words, label = METRICS[name]
            gauge = GaugeMetricFamily(name, words, labels=[label] if label else None)
            for value, figure in values.items():
                gauge.add_metric([value] if label else [], figure)
            yield gauge


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus metrics, for whoever has the token. Without METRICS_TOKEN there is no such page."""
    given = request.headers.get("Authorization", "")
    if not settings.METRICS_TOKEN or not secrets.compare_digest(
        given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode()
    ):
        raise Http404("There is no such page.")
    registry = CollectorRegistry()
    registry.register(_Figures())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
