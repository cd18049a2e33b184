from django.urls import path

from backoffice.desk import views

app_name = "desk"

urlpatterns = [
    path("", views.today, name="today"),
    path("tour/end/", views.end_tour, name="end_tour"),
    path("search/", views.search, name="search"),
    path("search/offer/", views.palette, name="palette"),
    path("reveal/", views.reveal, name="reveal"),
    path("hide/", views.hide, name="hide"),
    path("state/", views.state, name="state"),
    path("logged-in/", views.logged_in, name="logged_in"),
]
