from django.urls import path

from backoffice.odin import views

app_name = "odin"

urlpatterns = [
    path("session/", views.dealer_session, name="session"),
    path("session/log-off/", views.log_off, name="log_off"),
    path("session/take-over/", views.take_over, name="take_over"),
    path("session/lift-stop/", views.lift_stop, name="lift_stop"),
]
