from django.urls import path

from accounts import entry, history_page, several, views

app_name = "accounts"

urlpatterns = [
    path("", views.RetailUserList.as_view(), name="list"),
    path("several/", several.several, name="several"),
    *entry.urlpatterns,
    path("<str:group_id>/<str:user_id>/", views.detail, name="detail"),
    path("<str:group_id>/<str:user_id>/history/csv/", history_page.download, name="history_csv"),
]
