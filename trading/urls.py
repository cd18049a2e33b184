from django.urls import path

from trading import views

app_name = "trading"

urlpatterns = [
    path("access/<str:group_id>/<str:user_id>/", views.access, name="access"),
    path("access/<str:group_id>/<str:user_id>/check/", views.check, name="check"),
    path("access/<str:group_id>/<str:user_id>/go-on/", views.go_on, name="go_on"),
    path("checks/<int:pk>/", views.result, name="result"),
    path("checks/<int:pk>/propose/", views.propose, name="propose"),
    path("checks/progress/<uuid:token>/", views.progress, name="progress"),
]
