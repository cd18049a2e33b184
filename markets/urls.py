from django.urls import path

from markets import views

app_name = "markets"

urlpatterns = [
    path("", views.overview, name="overview"),
    path("upload/", views.upload, name="upload"),
    path("fetch/", views.fetch, name="fetch"),
    path("imports/<int:pk>/", views.scrip_import, name="import"),
    path("imports/<int:pk>/accept/", views.accept, name="accept"),
    path("imports/<int:pk>/discard/", views.discard, name="discard"),
    path("scrips/", views.find, name="search"),
    path("securities/", views.securities, name="securities"),
    path("scrips/<str:exchange>/<int:number>/", views.scrip, name="scrip"),
]
