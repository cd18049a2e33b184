from django.urls import path, re_path

from backoffice.delivery import views

app_name = "delivery"

urlpatterns = [
    path("", views.DeliveryList.as_view(), name="list"),
    path("<int:pk>/", views.DeliveryPage.as_view(), name="detail"),
    re_path(r"^(?P<pk>\d+)/(?P<action>applied|again|free|cancel)/$", views.settle, name="settle"),
]
