from django.urls import path

from backoffice.reconciliation import result_views, views

app_name = "reconciliation"

urlpatterns = [
    path("", views.ReconciliationList.as_view(), name="list"),
    path("new/", views.new, name="new"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/columns/", views.mapping, name="mapping"),
    path("<int:pk>/columns/headers/", views.headers, name="headers"),
    path("<int:pk>/discard/", views.discard, name="discard"),
    path("<int:pk>/different/", result_views.DifferenceList.as_view(), name="different"),
    path("<int:pk>/only-in-the-file/", result_views.OnlyThereList.as_view(), name="only_there"),
    path("<int:pk>/only-in-the-portal/", result_views.OnlyHereList.as_view(), name="only_here"),
    path("<int:pk>/unreadable/", result_views.UnreadableList.as_view(), name="unreadable"),
    path("<int:pk>/register/", result_views.propose_lines, name="register"),
    path("<int:pk>/settle/", result_views.propose_differences, name="settle"),
    path("<int:pk>/csv/", result_views.download, name="csv"),
]
