from django.urls import path

from backoffice.staff import views

app_name = "staff"

urlpatterns = [
    path("", views.StaffList.as_view(), name="list"),
    path("new/", views.new, name="new"),
    path("new/<uuid:token>/keep/", views.new_keep, name="new_keep"),
    path("new/<uuid:token>/check/", views.new_check, name="new_check"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/password-link/", views.link, name="link"),
    path("<int:pk>/password-link/show/", views.link_show, name="link_show"),
    path("<int:pk>/password-link/<uuid:token>/keep/", views.link_keep, name="link_keep"),
    path("<int:pk>/password-link/<uuid:token>/check/", views.link_check, name="link_check"),
    path("<int:pk>/end-sessions/", views.end_sessions, name="end_sessions"),
    path("<int:pk>/rights/", views.edit, name="rights"),
    path("<int:pk>/rights/<uuid:token>/keep/", views.edit_keep, name="rights_keep"),
    path("<int:pk>/rights/<uuid:token>/check/", views.edit_check, name="rights_check"),
    path("<int:pk>/second-factor/", views.reset, name="reset"),
    path("<int:pk>/second-factor/<uuid:token>/keep/", views.reset_keep, name="reset_keep"),
    path("<int:pk>/second-factor/<uuid:token>/check/", views.reset_check, name="reset_check"),
]
