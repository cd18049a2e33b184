from django.urls import path

from limits import deposit_views, reading_views, views

app_name = "limits"

urlpatterns = [
    path("", views.LimitUpdateList.as_view(), name="list"),
    path("deposits/", deposit_views.enter, name="deposits"),
    path("deposits/names/", deposit_views.names, name="deposit_names"),
    path("square-off/", views.SquareOffList.as_view(), name="square_off"),
    path("periodicities/", reading_views.periodicities, name="periodicities"),
    path("periodicities/refresh/", reading_views.refresh_periodicities, name="refresh_periodicities"),
    path("readings/<int:pk>/csv/", reading_views.download, name="reading_csv"),
    path("of/<str:group_id>/<str:user_id>/", reading_views.funds_and_stocks, name="readings"),
    path("of/<str:group_id>/<str:user_id>/<slug:kind>/", reading_views.panel, name="panel"),
    path("of/<str:group_id>/<str:user_id>/<slug:kind>/ask/", reading_views.ask, name="ask"),
]
