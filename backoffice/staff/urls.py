from django.contrib.auth import views
from django.urls import path, reverse_lazy

app_name = "staff"

urlpatterns = [
    path("login/", views.LoginView.as_view(template_name="staff/login.html"), name="login"),
    path("logout/", views.LogoutView.as_view(next_page="staff:login"), name="logout"),
    path(
        "password/",
        views.PasswordChangeView.as_view(
            template_name="staff/password.html", success_url=reverse_lazy("screens:today")
        ),
        name="password",
    ),
]
