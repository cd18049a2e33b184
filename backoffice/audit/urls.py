from django.urls import path

from backoffice.audit import views

app_name = "audit"

urlpatterns = [
    path("", views.EntryList.as_view(), name="list"),
    path("<int:pk>/", views.EntryPage.as_view(), name="detail"),
]
