from django.urls import path, re_path

from backoffice.delivery import many_views, views

app_name = "delivery"

urlpatterns = [
    path("", views.DeliveryList.as_view(), name="list"),
    path("queue/", views.queue, name="queue"),
    path("queue/words/<int:pk>/read/", views.read_words, name="read_words"),
    path("several/", many_views.several, name="several"),
    path("pause/", views.operate_gate, {"action": "pause"}, name="pause"),
    path("resume/", views.operate_gate, {"action": "resume"}, name="resume"),
    path("<int:pk>/", views.DeliveryPage.as_view(), name="detail"),
    re_path(
        r"^(?P<pk>[0-9]{1,18})/(?P<action>applied|again|refused|free|cancel|read)/$",
        views.settle,
        name="settle",
    ),
]
