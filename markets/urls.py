from django.urls import path, re_path

from markets import views

app_name = "markets"

urlpatterns = [
    path("", views.overview, name="overview"),
    path("upload/", views.upload, name="upload"),
    path("fetch/", views.fetch, name="fetch"),
    path("imports/<int:pk>/", views.scrip_import, name="import"),
    re_path(r"^imports/(?P<pk>[0-9]{1,18})/(?P<verb>accept|discard)/$", views.decide, name="decide"),
    path("scrips/", views.find, name="search"),
    re_path(r"^scrips/(?P<exchange>[A-Z_]{1,10})/(?P<token>[0-9]{1,12})/$", views.scrip, name="scrip"),
]
