"""Runs of a demonstration: keys, consents on signed forms, a run that is done and one with a line in doubt."""

import time
import uuid
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import RetailUser
from accounts.retail_users import by_lane
from backoffice.changes import operations as changes
from backoffice.changes.models import Change
from backoffice.logins.models import User
from backoffice.protocol.secret import SecretText
from partners import invitations, key_fetches, keys, signed_forms
from partners.consents import Terms
from partners.management.commands.demo_connector import DESK, PASSWORD, ask
from partners.models import BasketVersion, Consent, Partner
from partners.models.baskets import Stage
from partners.models.keys import KeyType
from partners.signed_forms import Scan
from partners.visits import prove as open_invitation
from runs import operations, placing, visits
from runs.models import Run
from runs.placing import Typed
from trading.credentials import Credentials

#: Clients of a filled demonstration who consent, GROUP/USER; the form of the last one waits for a checker.
CONSENTING = ("HO/TRY003", "HO/TRY004", "HO/TRY005", "HO/TRY006")
PRODUCT = "GROWTH"
CAP_RUN, CAP_DAY = Decimal(50000), Decimal(100000)
CONSENT_LASTS = timedelta(days=180)
#: The basket of the run that is done, of the one to look at, and of the invitations.
DONE, TO_LOOK_AT, INVITED_TO = "Monsoon three", "Festival two", "Income two"
#: The smallest file that a reader of PDF opens, with the words of a form.
FORM = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 420 595]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj
4 0 obj<</Length 83>>stream
BT /F 14 Tf 40 520 Td (Consent to orders after baskets, signed by the client) Tj ET
endstream endobj
5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj
trailer<</Root 1 0 R>>
%%EOF
"""
#: Seconds that a worker has to fetch the keys.
LONGEST = 60


class Command(BaseCommand):
    """Needs the portal, a worker and the stand-ins. Without the clients of a filled demonstration it does nothing.

    Staff act as the demonstration's maker and checker, clients by what their links do.
    """

    help = "Make consents, invitations and two runs in the demonstration, once."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PORTAL_ENVIRONMENT != "DEMO" or "3" not in settings.CONNECTOR_MODELS:
            raise CommandError("This needs PORTAL_ENVIRONMENT=DEMO and CONNECTOR_MODELS with 3.")
        self.maker, self.checker = (User.objects.get(username=name) for name in ("maker", "checker"))
        found = [client for lane in CONSENTING if (client := by_lane(lane))]
        if len(found) < len(CONSENTING) or Run.objects.exists():
            return
        *consenting, waiting = found
        desk = Partner.objects.get(code=DESK["code"])
        self._fetch_keys(desk)
        for number, client in enumerate(found, 1):
            self._consent(desk, client, number, approved=client != waiting)
        self._invite(consenting)
        for secret in self._open(DONE, consenting[:2], "Shares for the monsoon"):
            self._place(secret)
        # The answer to the second client's order gets lost; the third client does not open the link.
        done, in_doubt, _ = self._open(TO_LOOK_AT, consenting, "Shares before the festival")
        self._place(done)
        ask(f"{_origin()}/faults", fault="reset_after", call="place")
        self._place(in_doubt)

    def _fetch_keys(self, desk: Partner) -> None:
        if keys.current(desk, KeyType.INTERACTIVE):
            return
        words = "Keys for runs"
        self._approve(key_fetches.propose(desk, by=self.maker, reason=words, token=uuid.uuid4()))
        ends = time.monotonic() + LONGEST
        while keys.current(desk, KeyType.INTERACTIVE) is None:
            if time.monotonic() > ends:
                raise CommandError(f"No worker fetched the keys within {LONGEST} seconds.")
            time.sleep(0.1)

    def _consent(self, desk: Partner, client: RetailUser, number: int, *, approved: bool) -> None:
        if Consent.objects.filter(client=client, partner=desk).exists():
            return
        change = signed_forms.enter(
            client,
            desk,
            PRODUCT,
            Terms(CAP_RUN, CAP_DAY, signed_forms.end_of(timezone.localdate() + CONSENT_LASTS)),
            Scan(f"consent-{client.user_id}.pdf", FORM),
            evidence=f"Folder Consents, page {number}",
            by=self.maker,
            reason="Form signed at the branch",
            token=uuid.uuid4(),
        )
        if approved:
            self._approve(change)

    def _invite(self, clients: Sequence[RetailUser]) -> None:
        """Invite clients to a basket of model 1: one opens the link, one is taken back."""
        version = _published(INVITED_TO)
        opened, revoked, _ = (invitations.invite(version, client, 1, by=self.maker)[0] for client in clients)
        open_invitation(opened, opened.client.pan[-4:])
        invitations.revoke(revoked, by=self.maker, reason="The client asked for it")

    def _open(self, basket: str, clients: Sequence[RetailUser], reason: str) -> Sequence[str]:
        """Open a run. Returns the secrets of its clients' links."""
        lanes, token = [client.lane for client in clients], uuid.uuid4()
        run = operations.propose(_published(basket), lanes, by=self.maker, reason=reason, token=token)
        self._approve(Change.objects.get(token=token))
        return [one.link.rstrip("/").rpartition("/")[2] for one in operations.new_links(run, by=self.maker)]

    def _place(self, secret: str) -> None:
        """Do with a link what a client does: say who it is, log in, and place."""
        own = visits.by_secret(secret)
        visits.prove(own, own.client.pan[-4:])
        code = ask(f"{_origin()}/keys/{own.client.user_id}")["totp"]
        credentials = Credentials(SecretText(PASSWORD), SecretText(code))
        placing.place(visits.by_pk(own.pk), Typed(credentials, "TOTP", uuid.uuid4()))

    def _approve(self, change: Change) -> None:
        changes.approve(change.pk, by=self.checker, content_hash=change.content_hash)


def _published(basket: str) -> BasketVersion:
    return BasketVersion.objects.get(basket__name=basket, state=Stage.PUBLISHED)


def _origin() -> str:
    """Where the stand-in of the REST API is."""
    address = urlsplit(settings.REST_BASE_URL)
    return f"{address.scheme}://{address.netloc}"
