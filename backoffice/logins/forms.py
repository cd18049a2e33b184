"""The forms of the login page and of the second factor."""

from typing import Any

from allauth.account.forms import ChangePasswordForm as AllauthChangePasswordForm
from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.models import Authenticator
from django.contrib.auth.forms import SetPasswordForm

from backoffice.logins.second_factor import takes


class LoginForm(AllauthLoginForm):
    """User name and password, without placeholders, which vanish while typing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
        self.fields["login"].widget.attrs["autofocus"] = True


class ChangePasswordForm(AllauthChangePasswordForm):
    """The old password and the new one twice, named as the portal's other fields are."""

    LABELS = {
        "oldpassword": "Present password",
        "password1": "New password",
        "password2": "New password again",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in self.LABELS.items():
            self.fields[name].label = label
            self.fields[name].widget.attrs.pop("placeholder", None)


class ChoosePasswordForm(SetPasswordForm):
    """The new password twice, after a link, named as on the page that changes it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password2"].label = ChangePasswordForm.LABELS["password2"]
        self.fields["new_password2"].help_text = ""


class _CodeOnce(BaseAuthenticateForm):
    """A code of a second factor: each counts once, wherever it is entered."""

    def clean_code(self) -> str:
        """Return the code, if it is valid. Raises ValidationError."""
        clear_failures = check_rate_limit(self.user, "too_many_codes")
        code: str = self.cleaned_data["code"]
        factors = list(Authenticator.objects.filter(user=self.user).order_by("-type"))  # the app first
        for factor in factors:
            if takes(factor, code):
                factor.user = self.user
                self.authenticator = factor
                clear_failures()
                return code
        if factors:
            self._emit_authentication_failed(factors[0])
        raise get_adapter().validation_error("incorrect_code")


class CodeForm(_CodeOnce, AuthenticateForm):
    """The code after the password."""


class CodeAgainForm(_CodeOnce, ReauthenticateForm):
    """The code for re-authentication."""
