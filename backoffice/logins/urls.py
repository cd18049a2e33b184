"""Pages of one's own login: only the parts of django-allauth that the portal offers.

django-allauth finds its pages by the names without a namespace.
"""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.socialaccount import views as social
from allauth.socialaccount.providers.openid_connect import views as oidc
from django.urls import include, path
from django.views.generic import TemplateView

from backoffice.logins import views
from backoffice.logins.passwords import ChoosePasswordView

own = [
    path("login/", account.login, name="login"),
    path("logout/", account.logout, name="logout"),
    path("password/", account.password_change, name="password"),
    path("choose-password/<str:uidb64>/<str:token>/", ChoosePasswordView.as_view(), name="choose_password"),
    path("again/kept/", views.kept, name="kept"),
    path("sessions/", views.own_sessions, name="sessions"),
]

urlpatterns = [
    path("", include((own, "logins"))),
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("password/", account.password_change, name="account_change_password"),
    path(
        "no-password/",
        TemplateView.as_view(template_name="account/no_password.html"),
        name="account_set_password",
    ),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("again/", account.reauthenticate, name="account_reauthenticate"),
    path("code/", views.CodeView.as_view(), name="mfa_authenticate"),
    path("code/again/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("second-factor/", mfa.index, name="mfa_index"),
    path("second-factor/app/", views.SetUpAppView.as_view(), name="mfa_activate_totp"),
    path("second-factor/app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("recovery-codes/", views.RecoveryCodesView.as_view(), name="mfa_view_recovery_codes"),
    path("recovery-codes/new/", recovery_codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("sso/cancelled/", social.login_cancelled, name="socialaccount_login_cancelled"),
    path("sso/failed/", social.login_error, name="socialaccount_login_error"),
    path("<slug:provider_id>/login/", oidc.login, name="openid_connect_login"),
    path("<slug:provider_id>/callback/", oidc.callback, name="openid_connect_callback"),
]
