from django.urls import path

from backoffice.reports import views

app_name = "reports"

urlpatterns = [
    path("", views.show, name="show"),
    path("csv/", views.download, name="csv"),
]
