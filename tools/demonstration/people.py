"""Made-up clients: plainly fictional people with numbers of the right shape, no two alike.

Given names and days of birth are drawn by Faker; surnames are trees and flowers, not real ones. PANs
begin with ZZZ and mobile numbers with 90000, so that none is meant to be a real person's.
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from faker import Faker

from backoffice.protocol.codes import LoginType, Segment
from backoffice.protocol.secret import SecretText
from partners.management.commands.demo_connector import INVITED, PASSWORD
from runs.management.commands.demo_runs import CONSENTING

SEED = 19
TREES = (
    *("Amaltaskar", "Arjunwan", "Ashokwan", "Babulwala", "Bakulkar", "Banyankar", "Bargadwala", "Champakar"),
    *("Chandankar", "Chinarwala", "Devdarwal", "Elaichiwala", "Gulmoharkar", "Imlikar", "Jamunkar"),
    *("Kachnarwala", "Kadambwala", "Kesarwan", "Kewdakar", "Mahuakar", "Mogrekar", "Neemkar", "Palashwar"),
    *("Parijatkar", "Peepalwala", "Rudrakshwal", "Sagwankar", "Sandalwal", "Semalkar", "Sheeshamkar"),
    *("Supariwala", "Teakwala", "Tulsikar"),
)
ROADS = ("Banyan Marg", "Neem Lane", "Gulmohar Road", "Palash Path", "Champa Gali", "Sandal Street")
#: By group: branch, letter of its user ids, and city with the first four digits of its PIN codes.
GROUPS: dict[str, tuple[str, str, tuple[tuple[str, str], ...]]] = {
    "HO": ("HO", "H", (("Pune", "4110"), ("Nashik", "4220"), ("Nagpur", "4400"))),
    "MUM": ("MUMBAI", "M", (("Mumbai", "4000"), ("Thane", "4006"), ("Navi Mumbai", "4007"))),
    "DEL": ("DELHI", "D", (("New Delhi", "1100"), ("Gurugram", "1220"), ("Noida", "2013"))),
}
#: Bank ids, and the first letters of the IFSCs of their branches.
BANKS = {"HDFC": "HDFC", "ICICI": "ICIC", "SBI": "SBIN", "AXIS": "UTIB", "KOTAK": "KKBK"}
NSDL, CDSL = ("IN300940", "IN301549"), "12081600"
CASH = [Segment.NSE_CASH.value, Segment.BSE_CASH.value]
DERIVATIVES = [Segment.NSE_DERIVATIVES.value, Segment.BSE_DERIVATIVES.value]
#: Clients who take part in baskets and runs.
GUESTS = (INVITED, "HO/TRY002", *CONSENTING)


@dataclass(frozen=True)
class Client:
    """One made-up client: what the form of a new retail user asks about a person alone."""

    group_id: str
    user_id: str
    personal: dict[str, Any]
    branch: str
    trades_derivatives: bool

    @property
    def lane(self) -> str:
        """GROUP/USER."""
        return f"{self.group_id}/{self.user_id}"

    @cached_property
    def whole(self) -> dict[str, Any]:
        """Everything that a 301 says, without an onboarding profile."""
        segments = [*CASH, *(DERIVATIVES if self.trades_derivatives else [])]
        mutual_fund = "mf_ucc" in self.personal
        return {
            "manager_id": "10.0.10.1" if self.group_id == "DEL" else "10.0.10.0",
            "category": "4",
            "status": "A",
            "surveillance": "0",
            "odin_user_type": "1",
            "gst_template": "USERMIG",
            "trading_segments": segments,
            "market_data_segments": segments,
            "login_segments": segments,
            "login_types": [LoginType.API_MOBILE.value, LoginType.HTML5_DESKTOP.value],
            "products": ["2", "3"] if mutual_fund else ["3"],
            "client_type": "IND",
            "tax_status": "1",
            "occupation": "2",
            "form60": "N",
            "global_flag": "0",
            "orders_per_second": "3",
            "branch": self.branch,
            "poa": "2",
            "product_type": "1",
            **self.personal,
        }


class People:
    """Draws clients, one after another; the same seed draws the same ones."""

    def __init__(self, seed: int = SEED) -> None:
        self.fake = Faker("en_IN")
        self.fake.seed_instance(seed)
        self.random = self.fake.random
        self._names: set[str] = set()
        self._drawn = 0

    def guest(self, lane: str) -> Client:
        """A client who can be invited and log in: may trade NSE Cash, and is checked over REST too."""
        client = self.draw("HO")
        group_id, _, user_id = lane.partition("/")
        types = [LoginType.API_WEB.value, LoginType.HTML5_DESKTOP.value]
        own = {"user_id": user_id, "password": SecretText(PASSWORD), "login_types": types}
        own |= {"product_type": ""}  # all of them: runs place orders for delivery
        return Client(group_id, user_id, {**client.personal, **own}, client.branch, False)

    def draw(self, group_id: str = "") -> Client:
        """One more client, of this group or of any."""
        self._drawn += 1
        number, draw = self._drawn, self.random
        group_id = group_id or draw.choices(tuple(GROUPS), (5, 3, 2))[0]
        branch, letter, cities = GROUPS[group_id]
        gender = draw.choice("FM")
        name = self._name(gender)
        given, surname = name.split()
        city, pin = draw.choice(cities)
        bank = draw.choice(tuple(BANKS))
        user_id = f"{letter}{10000 + number}"
        personal: dict[str, Any] = {
            "user_id": user_id,
            "group_id": group_id,
            "name": name,
            "gender": gender,
            "birth_date": f"{self.fake.date_between_dates(date(1948, 1, 1), date(2004, 12, 31)):%d-%m-%Y}",
            "father_or_husband": f"{self.fake.first_name_male()} {surname}",
            "pan": f"ZZZP{surname[0]}{number:04}{draw.choice('ABCDEFGHJKLMNPQRSTUVWXYZ')}",
            "address_1": f"{draw.randint(1, 480)} {draw.choice(ROADS)}",
            "address_2": f"Sector {draw.randint(1, 40)}",
            "city": city,
            "pin_code": f"{pin}{draw.randint(1, 89):02}",
            "mobile": f"90000{10000 + number}",
            "email": f"{given[0]}.{surname}{number}@example.com".lower(),
            "banks": self._banks(number, bank, city),
            "demats": [self._demat(number)],
        }
        if draw.random() < 0.3:
            personal["mf_ucc"] = self._mutual_fund(user_id, number, bank, given)
        return Client(group_id, user_id, personal, branch, draw.random() < 0.5)

    def _name(self, gender: str) -> str:
        while True:
            given = self.fake.first_name_female() if gender == "F" else self.fake.first_name_male()
            name = f"{given.split()[0]} {self.random.choice(TREES)}"
            if name not in self._names:
                self._names.add(name)
                return name

    def _banks(self, number: int, bank: str, city: str) -> list[dict[str, str]]:
        banks = [_bank(bank, city, 50100000000000 + number * 7919, "1")]
        if self.random.random() < 0.2:
            other = self.random.choice([one for one in BANKS if one != bank])
            banks.append(_bank(other, city, 60200000000000 + number * 7907, "0"))
        return banks

    def _demat(self, number: int) -> dict[str, str]:
        if self.random.random() < 0.6:
            account = {"dp_id": self.random.choice(NSDL), "beneficiary_id": f"{10000000 + number * 613}"}
        else:
            account = {"dp_id": CDSL, "beneficiary_id": f"{CDSL}{20000000 + number * 617}"}
        return {**account, "holding_type": "1", "is_default": "Y"}

    def _mutual_fund(self, user_id: str, number: int, bank: str, given: str) -> dict[str, str]:
        by_code = self.random.random() < 0.5
        paid = {"karvy_payment_mode": "N", "karvy_payment_code": f"{BANKS[bank]}0ZZ{number:04}"}
        return {
            "bse_ucc": user_id,
            "mode_allowed": "4",
            "bse_transaction_mode": "0",
            "holding_mode": "SI",
            "nominee_first_name": self.fake.first_name(),
            "nominee_relation": self.random.choice(("Spouse", "Son", "Daughter", "Mother")),
            "other_rta_payment_mode": "AM",
            **(paid if by_code else {"karvy_payment_mode": "AM"}),
        }


def _bank(bank: str, city: str, number: int, default: str) -> dict[str, str]:
    return {
        "bank_id": bank,
        "branch_name": "Main branch",
        "branch_city": city,
        "account_no": str(number),
        "account_type": "SB",
        "is_default": default,
    }
