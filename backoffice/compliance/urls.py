from django.urls import path

from backoffice.compliance import evidence_views, views

app_name = "compliance"

urlpatterns = [
    path("", views.EntryList.as_view(), name="list"),
    path("<int:pk>/", views.EntryPage.as_view(), name="detail"),
    path("evidence/", evidence_views.evidence_pack, name="evidence"),
    path("csv/", views.download, name="csv"),
    path("numbers/", views.numbers, name="numbers"),
    path("verification/", views.verification, name="verification"),
    path("verification/ask/", views.verify, name="verify"),
    path("holds/", views.holds, name="holds"),
    path("holds/place/", views.place_hold, name="place_hold"),
    path("holds/<int:pk>/lift/", views.lift_hold, name="lift_hold"),
]
