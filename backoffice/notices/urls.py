from django.urls import path

from backoffice.notices import views

app_name = "notices"

urlpatterns = [
    path("", views.own, name="list"),
    path("read/", views.read_all, name="read_all"),
    path("choose/", views.choose, name="choose"),
    path("<int:pk>/", views.look, name="open"),
]
