"""Where each room's pages are."""

from django.urls import include, path

urlpatterns = [
    path("", include("backoffice.desk.urls")),
    path("", include("backoffice.health.urls")),
    path("staff/", include("backoffice.logins.urls")),
    path("batches/", include("backoffice.batches.urls")),
    path("reconciliation/", include("backoffice.reconciliation.urls")),
    path("notices/", include("backoffice.notices.urls")),
    path("reports/", include("backoffice.reports.urls")),
    path("people/", include("backoffice.staff.urls")),
    path("changes/", include("backoffice.changes.urls")),
    path("deliveries/", include("backoffice.delivery.urls")),
    path("odin/", include("backoffice.odin.urls")),
    path("dealer/", include("backoffice.dealer.urls")),
    path("masters/", include("backoffice.masters.urls")),
    path("audit/", include("backoffice.compliance.urls")),
    path("exports/", include("backoffice.exports.urls")),
    path("users/", include("accounts.urls")),
    path("onboarding/", include("accounts.onboarding_urls")),
    path("limits/", include("limits.urls")),
    path("markets/", include("markets.urls")),
    path("trading/", include("trading.urls")),
    path("partners/", include("partners.urls")),
    path("connector/", include("partners.public_urls")),
    path("connector/", include("runs.public_urls")),
    path("runs/", include("runs.urls")),
]

handler400 = "backoffice.error_pages.bad_request"
handler403 = "backoffice.error_pages.forbidden"
handler404 = "backoffice.error_pages.not_found"
handler429 = "backoffice.error_pages.too_many"  # looked up by django-allauth
handler500 = "backoffice.error_pages.server_error"
