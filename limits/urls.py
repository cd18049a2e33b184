from django.urls import path

from limits import views

app_name = "limits"

urlpatterns = [
    path("", views.LimitUpdateList.as_view(), name="list"),
    path("square-off/", views.SquareOffList.as_view(), name="square_off"),
]
