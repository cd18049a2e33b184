from django.urls import path

from runs import public_views as views

app_name = "run"

urlpatterns = [
    path("r/<str:secret>/", views.link, name="link"),
    path("run/", views.visit, name="visit"),
    path("run/place/", views.place, name="place"),
    path("run/look/", views.look, name="look"),
]
