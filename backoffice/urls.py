"""Where each room's pages are."""

from django.urls import include, path

urlpatterns = [
    path("", include("backoffice.screens.urls")),
    path("staff/", include("backoffice.staff.urls")),
    path("changes/", include("backoffice.changes.urls")),
    path("deliveries/", include("backoffice.delivery.urls")),
    path("odin/", include("backoffice.odin.urls")),
    path("audit/", include("backoffice.audit.urls")),
    path("users/", include("accounts.urls")),
    path("limits/", include("limits.urls")),
]
