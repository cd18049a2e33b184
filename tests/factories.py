"""Makers of records for tests. All people, numbers and ids are made up."""

import uuid
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.models import BankAccount, DematAccount, MfUcc, RetailUser, Source
from backoffice.audit.models import Entry
from backoffice.changes.models import Approval, ApprovalRule, Change, State
from backoffice.delivery.content import content_hash, one
from backoffice.delivery.models import Attempt, Delivery
from backoffice.logins.models import User
from backoffice.protocol.fields import Values
from limits.models import LimitUpdate, SquareOffSetting
from markets.models import Scrip, ScripImport
from markets.models import State as ImportState


def retail_user_values(**changed: Any) -> Values:
    """The values of a full 301: two banks, one demat account, mutual-fund UCC. Keywords replace some."""
    return {
        "user_id": "RET001",
        "group_id": "HO",
        "manager_id": "10.0.10.0",
        "family_id": "",
        "parent_id": "",
        "name": "Asha Testwala",
        "category": "4",
        "address_1": "1 Sample Street",
        "address_2": "",
        "city": "Mumbai",
        "pin_code": "400001",
        "telephone": "",
        "mobile": "9800000001",
        "fax": "",
        "email": "asha@example.com",
        "pan": "ABCPT1234A",
        "status": "A",
        "surveillance": "0",
        "trading_segments": ["1", "3"],
        "market_data_segments": ["1", "3"],
        "login_segments": ["1", "3"],
        "login_types": ["17", "18"],
        "banks": [bank_values(is_default="1"), bank_values(bank_id="OTHERBANK", account_no="00987654321")],
        "demats": [demat_values(is_default="Y")],
        "group_admin_id": "",
        "reference": "UC0000000001",
        "gst_template": "USERMIG",
        "birth_date": "21-01-1985",
        "odin_user_type": "1",
        "products": ["2"],
        "mf_ucc": mf_ucc_values(),
        "gender": "F",
        "client_type": "IND",
        "tax_status": "1",
        "occupation": "1",
        "form60": "N",
        "incorporation": "",
        "father_or_husband": "Ravi Testwala",
        "global_flag": "0",
        "orders_per_second": "",
        "max_broadcast_scrips": "",
        "branch": "MUMBAI",
        "poa": "2",
        "max_gtd": "",
        "product_type": "1",
        **changed,
    }


def bank_values(**changed: str) -> dict[str, str]:
    """A bank account as 301 has it."""
    return {
        "bank_id": "SAMPLEBANK",
        "branch_name": "Fort",
        "branch_city": "Mumbai",
        "account_no": "00123456789",
        "customer_id": "",
        "account_type": "SB",
        "is_default": "0",
        "pg_product": "",
        **changed,
    }


def demat_values(**changed: str) -> dict[str, str]:
    """A demat account as 301 has it."""
    absent = dict.fromkeys(
        f"{who}_{what}"
        for who in ("guardian", "second", "third")
        for what in ("first_name", "last_name", "birth_date", "pan")
    )
    return {
        "dp_id": "IN300999",
        "beneficiary_id": "10000001",
        "holding_type": "1",
        "is_default": "N",
        **dict.fromkeys(absent, ""),
        "remarks": "",
        **changed,
    }


def mf_ucc_values(**changed: str) -> dict[str, str]:
    """A mutual-fund UCC of a single holder, as 301 has it; what is not named is absent."""
    from backoffice.protocol.messages.users import MfUcc as Declared

    return {
        **dict.fromkeys(Declared.fields, ""),
        "bse_ucc": "UCC001",
        "mode_allowed": "4",
        "bse_transaction_mode": "0",
        "holding_mode": "SI",
        "karvy_payment_mode": "AM",
        "other_rta_payment_mode": "AM",
        **changed,
    }


class StaffFactory(DjangoModelFactory[User]):
    """A member of staff without any role."""

    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"staff{n}")
    is_active = True


class RetailUserFactory(DjangoModelFactory[RetailUser]):
    """A retail user that ODIN confirmed."""

    class Meta:
        model = RetailUser

    group_id = "HO"
    user_id = factory.Sequence(lambda n: f"RET{n:05}")
    manager_id = "10.0.10.0"
    name = factory.Sequence(lambda n: f"Sample Client {n}")
    category = "4"
    odin_user_type = "1"
    status = "A"
    gender = "F"
    pan = factory.Sequence(lambda n: f"ABCPS{n % 10000:04}K")
    mobile = factory.Sequence(lambda n: f"97{n:08}")
    trading_segments = factory.LazyFunction(lambda: ["1", "3"])
    market_data_segments = factory.LazyFunction(lambda: ["1", "3"])
    login_segments = factory.LazyFunction(lambda: ["1", "3"])
    login_types = factory.LazyFunction(lambda: ["18"])
    birth_date = date(1985, 1, 21)
    global_flag = "0"
    poa = "2"
    orders_per_second = -1
    max_broadcast_scrips = -1
    max_gtd = 0
    gst_template = "USERMIG"
    source = Source.CREATED
    confirmed_at = factory.LazyFunction(timezone.now)


class BankAccountFactory(DjangoModelFactory[BankAccount]):
    """A savings account."""

    class Meta:
        model = BankAccount

    retail_user = factory.SubFactory(RetailUserFactory)
    bank_id = "SAMPLEBANK"
    account_no = factory.Sequence(lambda n: f"{n:011}")
    account_type = "SB"
    is_default = "0"


class DematAccountFactory(DjangoModelFactory[DematAccount]):
    """A demat account of a single holder."""

    class Meta:
        model = DematAccount

    retail_user = factory.SubFactory(RetailUserFactory)
    dp_id = "IN300999"
    beneficiary_id = factory.Sequence(lambda n: f"{n:08}")
    holding_type = "1"
    is_default = "N"


class MfUccFactory(DjangoModelFactory[MfUcc]):
    """A mutual-fund UCC of a single holder."""

    class Meta:
        model = MfUcc

    retail_user = factory.SubFactory(RetailUserFactory)
    bse_ucc = factory.Sequence(lambda n: f"UCC{n:05}")
    mode_allowed = "4"
    holding_mode = "SI"
    karvy_payment_mode = "AM"
    other_rta_payment_mode = "AM"


class LimitUpdateFactory(DjangoModelFactory[LimitUpdate]):
    """A cash deposit that ODIN confirmed."""

    class Meta:
        model = LimitUpdate

    retail_user = factory.SubFactory(RetailUserFactory)
    kind = LimitUpdate.Kind.CASH
    reference = factory.Sequence(lambda n: f"PAYIN{n:08}")
    amount = "12345.00"
    product_id = 1


class SquareOffFactory(DjangoModelFactory[SquareOffSetting]):
    """A square-off setting for one periodicity."""

    class Meta:
        model = SquareOffSetting

    retail_user = factory.SubFactory(RetailUserFactory)
    periodicity = 3
    mtm_pre = "60.00"
    mtm = "80.00"
    mtm_trigger = "1"
    mtm_inactivate = "0"


def current_master(shares: Mapping[int, str], exchange: str = "NSE_EQ") -> list[Scrip]:
    """The shares of a current scrip master, in their order. `shares`: symbol by token."""
    own = ScripImport.objects.create(
        exchange=exchange,
        source=f"{exchange}.json",
        state=ImportState.CURRENT,
        current_since=timezone.now(),
    )
    return [
        Scrip.objects.create(
            scrip_import=own,
            exchange=exchange,
            token=token,
            symbol=symbol,
            series="EQ",
            lot=1,
            tick=5,
            mark=1,
        )
        for token, symbol in shares.items()
    ]


class ChangeFactory(DjangoModelFactory[Change]):
    """A submitted proposal to create `subject`. Set `message_values` for other values."""

    class Meta:
        model = Change

    class Params:
        message_values = factory.LazyAttribute(
            lambda change: {
                "group_id": change.subject.partition("/")[0],
                "user_id": change.subject.partition("/")[2],
                "name": "Proposed Name",
            }
        )

    token = factory.LazyFunction(uuid.uuid4)
    kind = "create_retail_user"
    subject = "HO/RET001"
    state = State.SUBMITTED
    messages = factory.LazyAttribute(lambda change: [{"type": 301, "values": change.message_values}])
    own_values = factory.LazyAttribute(lambda change: change.message_values)
    content_hash = factory.LazyAttribute(lambda change: content_hash(change.messages))
    reason = "Account opening form 12"
    made_by = factory.SubFactory(StaffFactory)
    submitted_at = factory.LazyFunction(timezone.now)

    @classmethod
    def approved(cls, **columns: Any) -> Change:
        """A submitted change, approved by another person."""
        decided_by = columns.pop("decided_by", None) or StaffFactory()
        return cls.approve(
            cls.create(submitted_at=timezone.now() - timedelta(minutes=1), **columns), decided_by
        )

    @staticmethod
    def approve(change: Change, decided_by: User) -> Change:
        """Approve a submitted change, now."""
        Approval.objects.create(change=change, by=decided_by, content_hash=change.content_hash)
        change.state, change.decided_by, change.decided_at = State.APPROVED, decided_by, timezone.now()
        change.save()
        return change


def set_rule(kind: str, *, checkers: int = 1, above: str | Decimal | None = None) -> ApprovalRule:
    """The approval rule of a kind, as an approved change sets it."""
    version = getattr(ApprovalRule.objects.filter(kind=kind).first(), "version", 0)
    values = {"kind": kind, "checkers": str(checkers), "above": "" if above is None else str(above)}
    ChangeFactory.approved(
        kind="approval_rule",
        subject=f"rule:{kind}",
        record_version=version,
        messages=one(0, values),
        own_values=values,
    )
    in_force = {"checkers": checkers, "above": above, "version": version + 1}
    return ApprovalRule.objects.update_or_create(kind=kind, defaults=in_force)[0]


class DeliveryFactory(DjangoModelFactory[Delivery]):
    """A queued delivery of an approved change."""

    class Meta:
        model = Delivery

    lane = "HO/RET001"
    change = factory.LazyAttribute(
        lambda delivery: ChangeFactory.approved(
            subject=delivery.lane,
            **({"messages": one(delivery.message_type, delivery.own_values)} if delivery.own_values else {}),
        )
    )
    message_type = 301
    own_values: dict[str, object] | None = None
    content_hash = factory.LazyAttribute(
        lambda delivery: content_hash(
            one(delivery.message_type, delivery.own_values or delivery.change.messages[0]["values"])
        )
    )

    @classmethod
    def settled(cls, state: str, **columns: Any) -> Delivery:
        """An approved change, applied, refused or cancelled."""
        delivery: Delivery = cls.create(state=state, finished_at=timezone.now(), **columns)
        return delivery


class AttemptFactory(DjangoModelFactory[Attempt]):
    """An attempt that ODIN confirmed."""

    class Meta:
        model = Attempt

    delivery = factory.SubFactory(DeliveryFactory)
    number = 1
    request = "63=FT1.0|64=301|4=••••"
    answer = "63=FT1.0|64=302|18=1|19=User created successfully"
    outcome = "applied"
    code = "1"
    text = "User created successfully"
    duration_ms = 42


class EntryFactory(DjangoModelFactory[Entry]):
    """An audit entry of the lane."""

    class Meta:
        model = Entry

    by_name = "system"
    action = "delivery.held"
    subject = "HO/RET001"
    text = "Held back."
