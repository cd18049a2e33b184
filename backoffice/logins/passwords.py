"""The link to choose a password: used once, and valid for PASSWORD_LINK_MINUTES."""

from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.tokens import default_token_generator
from django.contrib.auth.views import INTERNAL_RESET_SESSION_TOKEN, PasswordResetConfirmView
from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse, reverse_lazy
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from backoffice.audit.operations import record
from backoffice.logins import sessions
from backoffice.logins.forms import ChoosePasswordForm
from backoffice.logins.models import User


def link_path(person: User) -> str:
    """Return the path of the page on which this person chooses a password."""
    uid = urlsafe_base64_encode(force_bytes(person.pk))
    return reverse("logins:choose_password", args=[uid, default_token_generator.make_token(person)])


class ChoosePasswordView(PasswordResetConfirmView):
    """Choose a password with a link from an administrator. This ends the person's other sessions, and a lockout."""

    form_class = ChoosePasswordForm
    template_name = "logins/choose_password.html"
    success_url = reverse_lazy("logins:login")

    def form_valid(self, form: Any) -> HttpResponse:
        """Store the password, end the person's sessions, record it.

        If the link is used several times at once, one wins.
        """
        with transaction.atomic():
            person = User.objects.select_for_update().get(pk=form.user.pk)
            token = self.request.session.get(INTERNAL_RESET_SESSION_TOKEN)
            if not self.token_generator.check_token(person, token):
                self.validlink = False
                return self.render_to_response(self.get_context_data(form=None))
            form.user = person
            response: HttpResponse = super().form_valid(form)
            sessions.end(person)
            name = person.get_username()
            record("staff.password_changed", by=person, subject=name, text="Chose a password by a link.")
        get_adapter(self.request).forget_failures(self.request, name)
        messages.success(self.request, "Password saved. Log in with it.")
        return response
