"""Makers and checkers at work: messages of all kinds for many retail users, proposed and approved."""

import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from random import Random
from time import sleep
from typing import Any

from django.contrib.auth.models import Group
from django.db import DatabaseError, close_old_connections

from accounts.models import RetailUser
from backoffice.changes import errors, operations
from backoffice.changes.kinds import kind
from backoffice.changes.references import new_reference
from backoffice.logins.models import User
from backoffice.protocol.examples import example

CREATE = "create_retail_user"
GROUP = "HO"
#: A few more accounts than one message holds: the rest follows in messages that depend on the create.
MANY_BANKS = 40


def person(name: str, role: str) -> User:
    """A member of staff in a role."""
    user = User.objects.create_user(name, password=None)
    user.groups.add(Group.objects.get(name=role))
    return user


class Traffic:
    """Proposes and approves one message after another. Each message's content is its own, so that it can be found."""

    def __init__(self, random: Random, users: int, meanwhile: Callable[[], object]) -> None:
        """`meanwhile` is done while it waits for the first retail user."""
        self._random = random
        self._meanwhile = meanwhile
        self._users = users
        self._number = 0
        self._begun = 0
        self._squared_off: set[str] = set()
        self._maker = person("maker", "maker")
        self.checker = person("checker", "checker")
        self.other_checker = person("checker2", "checker")
        self.approved: Counter[str] = Counter()
        self.turned_down: Counter[str] = Counter()

    def step(self) -> None:
        """Approve one more message: a new user, or anything for one that ODIN has."""
        self._number += 1
        known = self._known()
        if self._begun < self._users and (not known or self._random.random() < 0.3):
            self._begun += 1
            self._propose(CREATE, self._create(f"U{self._begun:05}"))
            return
        slug = self._random.choice(list(MAKERS))
        values = {**example(kind(slug).message), **MAKERS[slug](self._number)}
        user = {"group_id": GROUP, "user_id": self._random.choice(known)}
        if slug == "square_off" and user["user_id"] in self._squared_off:
            values["action"] = "2"  # to add a setting twice would be refused
        if self._propose(slug, {**values, **user}) and slug == "square_off":
            self._squared_off.add(user["user_id"])

    def _known(self) -> list[str]:
        """The users that ODIN has: none until a quarter of all is proposed, and waited for once all are."""
        for _ in range(1000):
            with suppress(DatabaseError):
                known = list(RetailUser.objects.order_by("pk").values_list("user_id", flat=True))
                if known or self._begun < self._users:
                    return known if self._begun >= self._users // 4 else []
                self._meanwhile()
            close_old_connections()
            sleep(0.1)
        raise TimeoutError("No retail user was created.")

    def _create(self, user_id: str) -> dict[str, Any]:
        values = {
            **example(kind(CREATE).message),
            "user_id": user_id,
            "group_id": GROUP,
            "name": f"Client {user_id}",
        }
        values |= {"reference": "", "pan": "", "mobile": "", "email": ""}
        if self._random.random() < 0.3:
            values["banks"] = [
                {**values["banks"][0], "account_no": f"{number:011}", "is_default": "0" if number else "1"}
                for number in range(MANY_BANKS)
            ]
        return values

    def _propose(self, slug: str, values: dict[str, Any]) -> bool:
        """Submit and approve, again where the database went away in between: the token makes it one change.

        Returns whether it was approved.
        """
        token = uuid.uuid4()
        for _ in range(100):
            try:
                change = operations.submit(slug, values, by=self._maker, reason="Form", token=token)
                operations.approve(change.pk, by=self.checker, content_hash=change.content_hash)
            except DatabaseError:
                close_old_connections()
                continue
            except errors.AlreadyDecided:
                pass  # the commit of an approval whose answer was lost
            except (errors.Stale, errors.HasErrors) as error:
                self.turned_down[type(error).__name__] += 1
                return False
            self.approved[slug] += 1
            return True
        raise TimeoutError("The database does not come back.")


#: What makes the message of each kind unlike all others.
MAKERS = {
    "cash_deposit": lambda number: {"amount": f"{number}.01", "reference": new_reference()},
    "manual_collateral": lambda number: {"amount": f"{number}.02", "reference": new_reference()},
    "user_template": lambda number: {"template_name": f"T{number}"},
    "qvl_templates": lambda number: {
        "templates": [{"template_name": f"Q{number}", "exchange": "1", "level": "0"}]
    },
    "dealer_mapping": lambda number: {
        "mappings": [{"action": "A", "dealer_group": "HO", "dealer_id": f"D{number}"}]
    },
    "channels": lambda number: {"si_template": f"{100_000 + number}", "channels": []},
    "participant_codes": lambda number: {"participants": [{"segment": "1", "code": f"P{number}"}]},
    "alternate_addresses": lambda number: {"first_address_1": f"{number} Hill Road"},
    "update_retail_user": lambda number: {
        "name": f"Renamed {number}",
        "reference": "",
        "banks": [],
    },
    "square_off": lambda number: {"mtm": f"{number % 9000 / 100 + 61:.2f}", "action": "1", "reference": ""},
    "edis_quantity": lambda number: {
        "quantities": [{"isin": "INE009A01021", "qty": f"{number}", "status": ""}]
    },
    "pledge_quantity": lambda number: {
        "quantities": [{"isin": "INE009A01021", "qty": f"{number}", "status": ""}]
    },
}
