from django.urls import path

from backoffice.desk import list_pages, views

app_name = "desk"

urlpatterns = [
    path("", views.today, name="today"),
    path("tour/end/", views.end_tour, name="end_tour"),
    path("search/", views.search, name="search"),
    path("search/offer/", views.palette, name="palette"),
    path("search/recent/", views.recent, name="recent"),
    path("reveal/", views.reveal, name="reveal"),
    path("hide/", views.hide, name="hide"),
    path("state/", views.state, name="state"),
    path("lists/columns/", list_pages.choose_columns, name="choose_columns"),
    path("lists/rows/", list_pages.choose_page_size, name="choose_page_size"),
    path("lists/views/", list_pages.save_view, name="save_view"),
    path("lists/views/<int:pk>/", list_pages.change_view, name="change_view"),
    path("logged-in/", views.logged_in, name="logged_in"),
]
