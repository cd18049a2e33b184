from django.urls import path

from trading import views
from trading.desk import asking_views
from trading.desk import order_views as orders
from trading.desk import views as desk

app_name = "trading"

urlpatterns = [
    path("access/<str:group_id>/<str:user_id>/", views.access, name="access"),
    path("access/<str:group_id>/<str:user_id>/check/", views.check, name="check"),
    path("access/<str:group_id>/<str:user_id>/go-on/", views.go_on, name="go_on"),
    path("checks/<int:pk>/", views.result, name="result"),
    path("checks/<int:pk>/propose/", views.propose, name="propose"),
    path("checks/progress/<uuid:token>/", views.progress, name="progress"),
    path("desk/", desk.desk, name="desk"),
    path("desk/stop/", desk.throw, name="throw"),
    path("desk/release/", desk.release, name="release"),
    path("desk/clients/", desk.clients, name="clients"),
    path("desk/scrips/", desk.scrips, name="scrips"),
    path("desk/orders/<int:pk>/", orders.order, name="order"),
    path("desk/orders/<int:pk>/look/", orders.look, name="look"),
    path("desk/orders/<int:pk>/decide/", orders.decide, name="decide"),
    path("desk/asked/<int:pk>/", orders.asked, name="asked"),
    path("desk/asked/<int:pk>/look/", orders.look_asked, name="look_asked"),
    path("desk/asked/<int:pk>/decide/", orders.decide_asked, name="decide_asked"),
    path("desk/of/<str:group_id>/<str:user_id>/", desk.client, name="client"),
    path("desk/of/<str:group_id>/<str:user_id>/open/", desk.open_desk, name="open"),
    path("desk/of/<str:group_id>/<str:user_id>/close/", desk.close, name="close"),
    path("desk/of/<str:group_id>/<str:user_id>/place/", orders.place, name="place"),
    path("desk/of/<str:group_id>/<str:user_id>/modify/", asking_views.modify, name="modify"),
    path("desk/of/<str:group_id>/<str:user_id>/cancel/", asking_views.cancel, name="cancel"),
    path("desk/of/<str:group_id>/<str:user_id>/books/<str:name>/", desk.book, name="book"),
]
