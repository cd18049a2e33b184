from django.urls import path

from runs import views

app_name = "runs"

urlpatterns = [
    path("", views.RunList.as_view(), name="list"),
    path("new/<int:pk>/", views.new, name="new"),
    path("<int:pk>/", views.run, name="run"),
    path("<int:pk>/csv/", views.run_csv, name="csv"),
    path("<int:pk>/links/", views.links, name="links"),
    path("<int:pk>/stop/", views.stop, name="stop"),
    path("client/<int:pk>/", views.client, name="client"),
    path("client/<int:pk>/link/", views.client_link, name="client_link"),
    path("client/<int:pk>/go-on/", views.go_on, name="go_on"),
    path("client/<int:pk>/end/", views.end, name="end"),
    path("line/<int:pk>/not-placed/", views.not_placed, name="not_placed"),
]
