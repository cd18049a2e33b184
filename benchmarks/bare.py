"""The portal with one more address, `/bare/`: a view that does nothing but insert one row. For `webhook.py`."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "backoffice.settings"

from django.conf import settings

settings.ROOT_URLCONF = "benchmarks.bare"

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from partners.models import InboxMessage, Partner

PARTNER = Partner.objects.values_list("pk", flat=True).get()


@csrf_exempt
def bare(request: HttpRequest) -> HttpResponse:
    """Insert a row with the body in it."""
    InboxMessage(
        partner_id=PARTNER,
        source="webhook",
        body=request.body.decode(),
        body_hash="",
        received_at=timezone.now(),
        read_at=timezone.now(),
    ).save(force_insert=True)
    return HttpResponse()


urlpatterns = [path("bare/", bare), path("", include("backoffice.urls"))]
