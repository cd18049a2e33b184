from django.urls import path, re_path

from backoffice.changes import views

app_name = "changes"

urlpatterns = [
    path("", views.ChangeList.as_view(), name="list"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/outcome/", views.outcome, name="outcome"),
    re_path(r"^(?P<pk>\d{1,18})/(?P<action>approve|reject|withdraw)/$", views.decide, name="decide"),
]
