from django.urls import path, re_path

from backoffice.changes import list_views, many_views, rule_views, views
from backoffice.changes.form_pages import form_paths

app_name = "changes"

urlpatterns = [
    path("", list_views.ChangeList.as_view(), name="list"),
    path("mine/", list_views.Mine.as_view(), name="mine"),
    path("mine/drafts/discard/", views.discard_drafts, name="discard_drafts"),
    path("inbox/", list_views.Inbox.as_view(), name="inbox"),
    path("inbox/review/", many_views.review, name="review"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/outcome/", views.outcome, name="outcome"),
    re_path(
        r"^(?P<pk>[0-9]{1,18})/(?P<action>approve|reject|withdraw|discard|comment|urgent)/$",
        views.decide,
        name="decide",
    ),
    path("rules/", rule_views.rule_list, name="rules"),
    *form_paths("rules/<slug:slug>/", "rule", rule_views.rule_form),
]
