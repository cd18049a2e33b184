from django.urls import path

from backoffice.people import views

app_name = "people"

urlpatterns = [
    path("", views.StaffList.as_view(), name="list"),
    path("new/", views.new, name="new"),
    path("new/<uuid:token>/keep/", views.new_keep, name="new_keep"),
    path("new/<uuid:token>/check/", views.new_check, name="new_check"),
    path("of/<str:username>/", views.detail, name="detail"),
    path("of/<str:username>/password-link/", views.link, name="link"),
    path("of/<str:username>/password-link/show/", views.link_show, name="link_show"),
    path("of/<str:username>/password-link/<uuid:token>/keep/", views.link_keep, name="link_keep"),
    path("of/<str:username>/password-link/<uuid:token>/check/", views.link_check, name="link_check"),
    path("of/<str:username>/end-sessions/", views.end_sessions, name="end_sessions"),
    path("of/<str:username>/rights/", views.edit, name="rights"),
    path("of/<str:username>/rights/<uuid:token>/keep/", views.edit_keep, name="rights_keep"),
    path("of/<str:username>/rights/<uuid:token>/check/", views.edit_check, name="rights_check"),
    path("of/<str:username>/second-factor/", views.reset, name="reset"),
    path("of/<str:username>/second-factor/<uuid:token>/keep/", views.reset_keep, name="reset_keep"),
    path("of/<str:username>/second-factor/<uuid:token>/check/", views.reset_check, name="reset_check"),
]
