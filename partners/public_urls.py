from django.urls import path

from partners import public_consents as consents
from partners import public_views as views

app_name = "connector"

urlpatterns = [
    path("token-check/", views.check_token, name="token_check"),
    path("order-details/", views.get_order_details, name="order_details"),
    path("callback/basket/", views.basket_callback, name="basket_callback"),
    path("callback/login/", views.login_callback, name="login_callback"),
    path("webhook/<str:partner>/<str:secret>/", views.order_messages, name="webhook"),
    path("result/<str:shown>/", views.result, name="result"),
    path("i/<str:secret>/", views.link, name="link"),
    path("visit/", views.visit, name="visit"),
    path("visit/go/", views.go, name="go"),
    path("visit/session/", views.kept_session, name="session"),
    path("c/<str:secret>/", consents.link, name="consent_link"),
    path("consent/", consents.consent, name="consent"),
    path("consent/code/", consents.code, name="consent_code"),
    path("consent/confirm/", consents.confirm, name="consent_confirm"),
    path("consent/revoke/", consents.revoke, name="consent_revoke"),
]
