from django.urls import path

from backoffice.screens import views

app_name = "screens"

urlpatterns = [
    path("", views.today, name="today"),
    path("search/", views.search, name="search"),
    path("reveal/", views.reveal, name="reveal"),
    path("state/", views.state, name="state"),
    path("logged-in/", views.logged_in, name="logged_in"),
]
