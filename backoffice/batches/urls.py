from django.urls import path, re_path

from backoffice.batches.pages import alias_views, fix_views, row_views, upload_views, views

app_name = "batches"

urlpatterns = [
    path("", views.BatchList.as_view(), name="list"),
    path("new/", upload_views.choose, name="new"),
    path("new/<slug:kind>/", upload_views.new, name="upload"),
    path("templates/<slug:kind>.csv", upload_views.template, name="template"),
    path("templates/<slug:kind>.xlsx", upload_views.template_workbook, name="template_workbook"),
    path("aliases/", alias_views.page, name="aliases"),
    path("aliases/<int:pk>/forget/", alias_views.forget, name="forget_alias"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/columns/", upload_views.mapping, name="mapping"),
    path("<int:pk>/columns/headers/", upload_views.headers, name="headers"),
    path("<int:pk>/hidden/", upload_views.hidden, name="hidden"),
    path("<int:pk>/progress/", views.progress, name="progress"),
    path("<int:pk>/submit/", views.submit, name="submit"),
    re_path(rf"^(?P<pk>[0-9]{{1,18}})/(?P<action>{'|'.join(views.ACTIONS)})/$", views.act, name="act"),
    path("<int:pk>/fix/", fix_views.fix, name="fix"),
    path("<int:pk>/rows/", row_views.RowList.as_view(), name="rows"),
    path("<int:pk>/offers/", row_views.offers, name="offers"),
    path("<int:pk>/rows/<int:number>/", row_views.row, name="row"),
    path("<int:pk>/rows/<int:number>/reject/", row_views.reject, name="reject_row"),
    path("<int:pk>/result.csv", row_views.download, {"failed_only": False}, name="result"),
    path("<int:pk>/failed.csv", row_views.download, {"failed_only": True}, name="failed"),
    path("<int:pk>/failed.xlsx", row_views.download_workbook, name="failed_workbook"),
]
