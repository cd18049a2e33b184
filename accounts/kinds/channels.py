"""322: the interface templates and channels that a retail user has (O5)."""

from typing import Any

from accounts.models import ChannelSubscription, RetailUser
from accounts.records import changed, confirm, confirmed_user, rows
from accounts.retail_users import PLAIN, assess, page_of, records_with
from accounts.values import part, records, values_of
from backoffice.changes.kinds import ChangeKind
from backoffice.delivery.handlers import Applied
from backoffice.protocol.codes import RecordAction
from backoffice.protocol.fields import Values
from backoffice.protocol.messages.templates import UpdateSimctTemplate

SLUG = "channels"


def part_of(user: RetailUser) -> Values:
    """What is known of this part of the record, as the message has it."""
    return part(UpdateSimctTemplate, "channels", user.channel_subscriptions.all())


def apply(lane: str, values: Values) -> Applied:
    """Keep the general settings template, or the other template and channels. Blanks change nothing."""
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


KIND = ChangeKind(
    slug=SLUG,
    title=UpdateSimctTemplate.title,
    message=UpdateSimctTemplate,
    page=page_of(SLUG),
    records=records_with("channel_subscriptions", part=part_of),
    assess=assess,
    menu=PLAIN,
    apply=apply,
)
