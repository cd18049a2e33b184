from django.urls import path

from backoffice.audit import compliance_views, evidence_views, views

app_name = "audit"

urlpatterns = [
    path("", views.EntryList.as_view(), name="list"),
    path("<int:pk>/", views.EntryPage.as_view(), name="detail"),
    path("evidence/", evidence_views.evidence_pack, name="evidence"),
    path("csv/", compliance_views.download, name="csv"),
    path("numbers/", compliance_views.numbers, name="numbers"),
    path("verification/", compliance_views.verification, name="verification"),
    path("verification/ask/", compliance_views.verify, name="verify"),
    path("holds/", compliance_views.holds, name="holds"),
    path("holds/place/", compliance_views.place_hold, name="place_hold"),
    path("holds/<int:pk>/lift/", compliance_views.lift_hold, name="lift_hold"),
]
