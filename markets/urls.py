from django.urls import path

from markets import holiday_views, views

app_name = "markets"

urlpatterns = [
    path("", views.overview, name="overview"),
    path("upload/", views.upload, name="upload"),
    path("fetch/", views.fetch, name="fetch"),
    path("imports/<int:pk>/", views.scrip_import, name="import"),
    path("imports/<int:pk>/accept/", views.accept, name="accept"),
    path("imports/<int:pk>/discard/", views.discard, name="discard"),
    path("scrips/", views.find, name="search"),
    path("holidays/", holiday_views.page, name="holidays"),
    path("holidays/add/", holiday_views.add, name="add_holiday"),
    path("holidays/upload/", holiday_views.upload, name="upload_holidays"),
    path("holidays/<int:pk>/remove/", holiday_views.remove, name="remove_holiday"),
    path("securities/", views.securities, name="securities"),
    path("scrips/<str:exchange>/<int:number>/", views.scrip, name="scrip"),
]
