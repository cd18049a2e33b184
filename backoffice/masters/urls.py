from django.urls import path

from backoffice.masters import views

app_name = "masters"

urlpatterns = [
    path("", views.NameList.as_view(), name="list"),
    path("add/", views.add, name="add"),
    path("<int:pk>/", views.edit, name="edit"),
    path("upload/", views.upload, name="upload"),
]
