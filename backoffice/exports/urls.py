from django.urls import path

from backoffice.exports import views

app_name = "exports"

urlpatterns = [
    path("", views.mine, name="list"),
    path("ask/", views.ask, name="ask"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/file/", views.download, name="download"),
    path("<int:pk>/discard/", views.discard, name="discard"),
]
