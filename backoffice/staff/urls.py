from functools import partial

from django.urls import path

from backoffice.changes.form_pages import form_paths
from backoffice.staff import views

app_name = "staff"

#: Of a present member of staff: only for those who may propose.
about_somebody = partial(form_paths, guard=views.may_propose)

urlpatterns = [
    path("", views.StaffList.as_view(), name="list"),
    *form_paths("new/", "new", views.new_form),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/password-link/show/", views.link_show, name="link_show"),
    path("<int:pk>/end-sessions/", views.end_sessions, name="end_sessions"),
    *about_somebody("<int:pk>/password-link/", "link", views.link_form),
    *about_somebody("<int:pk>/rights/", "rights", views.rights_form),
    *about_somebody("<int:pk>/second-factor/", "reset", views.reset_form),
]
