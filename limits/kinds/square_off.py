"""324: when positions of a retail user are squared off automatically, one setting for each periodicity (O6)."""

from decimal import Decimal
from typing import Any

from accounts.models import RetailUser
from accounts.records import changed, confirmed_user
from accounts.retail_users import FILLED, LANE, PLAIN, assess_done, gone, page_of, records_here
from accounts.values import columns, text, values_of
from backoffice.changes.examination import Asked, Known
from backoffice.changes.files import FileGroup, FileKind, Layout, Unique
from backoffice.changes.kinds import ChangeKind
from backoffice.delivery.handlers import Applied
from backoffice.kit.names import in_words
from backoffice.protocol.codes import SettingAction
from backoffice.protocol.fields import Values
from backoffice.protocol.messages.squareoff import AutoSquareOff
from limits.models import SquareOffSetting
from limits.numbers import is_number

SLUG = "square_off"
COLUMNS = (
    "mtm_pre",
    "mtm",
    "mtm_trigger",
    "mtm_inactivate",
    "margin_pre",
    "margin",
    "margin_trigger",
    "margin_inactivate",
)


def of_row(values: Values, known: Known) -> Asked:
    """Return the message of a row: the manager comes from the record if the row leaves it empty."""
    if known.record is None:
        return Asked(values)
    return Asked({**values, "manager_id": values.get("manager_id") or known.record.manager_id})


def is_so(user: RetailUser, values: Values) -> bool:
    """Whether the user has exactly this setting. A deletion is never done already: settings may be unknown here."""
    return (
        values.get("action") in (SettingAction.ADD, SettingAction.MODIFY)
        and text(values, "manager_id") == user.manager_id
        and any(_same(setting, values) for setting in user.square_off_settings.all())
    )


def _same(setting: SquareOffSetting, values: Values) -> bool:
    if text(values, "periodicity") != str(setting.periodicity):
        return False
    for name in COLUMNS:
        kept, given = getattr(setting, name), text(values, name)
        if not (is_number(given, kept) if isinstance(kept, Decimal | None) else given == kept):
            return False
    return True


def apply(lane: str, values: Values) -> Applied:
    """Add, modify or delete the setting for one periodicity."""
    key: dict[str, Any] = {
        "retail_user": confirmed_user(values),
        "periodicity": int(text(values, "periodicity")),
    }
    kept = SquareOffSetting.objects.filter(**key).first()
    before = values_of(kept, ("periodicity", *COLUMNS)) if kept else {}
    if values["action"] == SettingAction.DELETE:
        SquareOffSetting.objects.filter(**key).delete()
        return changed(before, {})
    sent = {name: values.get(name, "") for name in COLUMNS}
    SquareOffSetting.objects.update_or_create(**key, defaults=columns(SquareOffSetting, sent))
    after = values_of(SquareOffSetting.objects.get(**key), ("periodicity", *COLUMNS))
    return changed(before, after)


def effect(values: Values, before: Values | None) -> list[str]:
    """Return the action on the periodicity's setting, with its two percentages."""
    action = AutoSquareOff.fields["action"].words(values.get("action"))
    limits = [
        f"{label} {values[name]} %"
        for name, label in (("mtm", "MTM"), ("margin", "margin"))
        if values.get(name)
    ]
    periodicity = in_words(AutoSquareOff.fields["periodicity"], text(values, "periodicity"))
    said = f"{action} square-off for periodicity {periodicity}"
    return [
        f"{said}: {', '.join(limits)}" if limits and values.get("action") != SettingAction.DELETE else said
    ]


KIND = ChangeKind(
    slug=SLUG,
    title=AutoSquareOff.title,
    message=AutoSquareOff,
    page=page_of(SLUG),
    records=records_here("square_off_settings"),
    assess=assess_done(is_so),
    menu=PLAIN,
    effect=effect,
    files=(
        FileKind(
            slug=SLUG,
            title="Automatic square-off",
            group=FileGroup.LIMITS,
            effect=("square-off setting will be changed", "square-off settings will be changed"),
            matters=("group_id", "periodicity"),
            layout=Layout(AutoSquareOff, filled=FILLED),
            unique=(Unique((*LANE, "periodicity"), "is for the same periodicity. Leave one of them out."),),
            moved_on=gone,
            compose=of_row,
            once=("action", "periodicity", *COLUMNS),
        ),
    ),
    apply=apply,
)
