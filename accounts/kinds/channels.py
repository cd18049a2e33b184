"""322: the interface templates and channels that a retail user has (O5)."""

from typing import Any

from accounts.models import ChannelSubscription, RetailUser
from accounts.records import changed, confirm, confirmed_user, rows
from accounts.retail_users import LANE, PLAIN, assess_done, moved_on, page_of, records_with
from accounts.values import part, records, text, values_of
from backoffice.changes.files import FileGroup, FileKind, Layout, Unique
from backoffice.changes.kinds import ChangeKind
from backoffice.delivery.handlers import Applied
from backoffice.kit.names import in_words
from backoffice.protocol.codes import RecordAction
from backoffice.protocol.fields import Values
from backoffice.protocol.messages.templates import UpdateSimctTemplate

SLUG = "channels"


def part_of(user: RetailUser) -> Values:
    """Return the known values of this part of the record, as the message has them."""
    return part(UpdateSimctTemplate, "channels", user.channel_subscriptions.all())


def is_so(user: RetailUser, values: Values) -> bool:
    """Whether the user has exactly this. A deletion is never done already: channels may be unknown here."""
    has = {(row.template_name, row.channel): row.status for row in user.channel_subscriptions.all()}
    names = [name for name in ("gst_template", "si_template") if values.get(name)]
    named = records(values, "channels")
    return (
        bool(names or named)
        and all(getattr(user, name) == text(values, name) for name in names)
        and not set(names).intersection(user.unknown_fields)
        and all(
            row.get("action") == RecordAction.PUT
            and has.get((row.get("template_name", ""), row.get("channel", ""))) == row.get("status")
            for row in named
        )
    )


def apply(lane: str, values: Values) -> Applied:
    """Store the general settings template, or the other template and channels. Blanks change nothing."""
    user = confirmed_user(values)
    names = {name: values[name] for name in ("gst_template", "si_template") if values.get(name)}
    before = values_of(user, names) | {"channels": rows(user.channel_subscriptions)}
    for row in records(values, "channels"):
        key: dict[str, Any] = {"template_name": row["template_name"], "channel": row["channel"]}
        if row["action"] == RecordAction.DELETE:
            ChannelSubscription.objects.filter(retail_user=user, **key).delete()
        else:
            ChannelSubscription.objects.update_or_create(
                retail_user=user, **key, defaults={"status": row["status"]}
            )
    confirm(user, names)
    return changed(before, {**names, "channels": rows(user.channel_subscriptions)})


def effect(values: Values, before: Values | None) -> list[str]:
    """Return the templates that are set, and each channel with its action."""
    named = UpdateSimctTemplate.channels.record.fields
    said = [
        f"{field.label} {in_words(field, values[field.name])}"
        for field in (UpdateSimctTemplate.gst_template, UpdateSimctTemplate.si_template)
        if values.get(field.name)
    ]
    for row in records(values, "channels"):
        channel = " by ".join(
            in_words(named[name], row.get(name, "")) for name in ("template_name", "channel")
        )
        deleted = row.get("action") == RecordAction.DELETE
        said.append(
            f"Delete {channel}" if deleted else f"{channel}: {named['status'].words(row.get('status', ''))}"
        )
    return said


KIND = ChangeKind(
    slug=SLUG,
    title=UpdateSimctTemplate.title,
    message=UpdateSimctTemplate,
    page=page_of(SLUG),
    records=records_with("channel_subscriptions", part=part_of),
    assess=assess_done(is_so),
    menu=PLAIN,
    effect=effect,
    files=(
        FileKind(
            slug=SLUG,
            title="Settings and channels",
            group=FileGroup.SETTINGS,
            layout=Layout(UpdateSimctTemplate),
            unique=(
                Unique(
                    (*LANE, "template_name", "channel"),
                    "sets the same channel. Leave one of them out.",
                    each="channels",
                ),
            ),
            moved_on=moved_on,
        ),
    ),
    apply=apply,
)
