"""Statuses of orders: three spellings of one thing, and what each allows."""

from collections.abc import Iterable

from backoffice.protocol.codes import Choice


class OrderStatus(Choice):
    """A status by the document's name, or by that of the vendor's messages where the document has none (R25)."""

    NOT_INITIATED = "NOT_INITIATED", "Not initiated"
    CLIENT_XMITTED = "CLIENT_XMITTED", "Sent by the client"
    GATEWAY_XMITTED = "GATEWAY_XMITTED", "Sent by the gateway"
    OMS_XMITTED = "OMS_XMITTED", "Received by the OMS, not at the exchange"
    EXCHANGE_XMITTED = "EXCHANGE_XMITTED", "Sent to the exchange, not confirmed"
    PENDING = "PENDING", "Pending or partly executed"
    CANCELLED = "CANCELLED", "Cancelled"
    EXECUTED = "EXECUTED", "Executed"
    ADMIN_PENDING = "ADMIN_PENDING", "Waiting for an administrator"
    GATEWAY_REJECT = "GATEWAY_REJECT", "Rejected by the gateway"
    OMS_REJECT = "OMS_REJECT", "Rejected by the OMS"
    ORDER_ERROR = "ORDER_ERROR", "Rejected by the exchange"
    FROZEN = "FROZEN", "Frozen"
    MODIFY_PENDING = "M.PENDING", "Modification pending"
    ADMIN_ACCEPT = "ADMIN_ACCEPT", "Accepted by an administrator"
    ADMIN_REJECT = "ADMIN_REJECT", "Rejected by an administrator"
    ADMIN_MODIFY = "ADMIN_MODIFY", "Modified by an administrator"
    ADMIN_CANCEL = "ADMIN_CANCEL", "Cancelled by an administrator"
    AMO_SUBMITTED = "AMO_SUBMITTED", "After-market order received"
    AMO_CANCELLED = "AMO_CANCELLED", "After-market order cancelled"
    COMPLETED = "COMPLETED", "Completed"
    STOPPED = "STOPPED", "Stopped"
    CONVERTED = "CONVERTED", "Converted"

    @property
    def is_final(self) -> bool:
        """Whether nothing can happen to the order any more. What is not known to be final is still open."""
        return self in _FINAL

    @property
    def can_change(self) -> bool:
        """Whether the order may be modified (R22)."""
        return self in (OrderStatus.PENDING, OrderStatus.OMS_XMITTED)


_FINAL = frozenset(
    {
        OrderStatus.CANCELLED,
        OrderStatus.EXECUTED,
        OrderStatus.COMPLETED,
        OrderStatus.GATEWAY_REJECT,
        OrderStatus.OMS_REJECT,
        OrderStatus.ORDER_ERROR,
        OrderStatus.ADMIN_REJECT,
        OrderStatus.AMO_CANCELLED,
    }
)


class StatusNumber(Choice):
    """The statuses as the vendor's messages number them: a fourth, similar system (R29)."""

    NOT_INITIATED = "-1", OrderStatus.NOT_INITIATED.value
    CLIENT_XMITTED = "1", OrderStatus.CLIENT_XMITTED.value
    GATEWAY_XMITTED = "2", OrderStatus.GATEWAY_XMITTED.value
    OMS_XMITTED = "3", OrderStatus.OMS_XMITTED.value
    EXCHANGE_XMITTED = "4", OrderStatus.EXCHANGE_XMITTED.value
    PENDING = "5", OrderStatus.PENDING.value
    CANCELLED = "6", OrderStatus.CANCELLED.value
    EXECUTED = "7", OrderStatus.EXECUTED.value
    ADMIN_PENDING = "8", OrderStatus.ADMIN_PENDING.value
    GATEWAY_REJECT = "9", OrderStatus.GATEWAY_REJECT.value
    OMS_REJECT = "10", OrderStatus.OMS_REJECT.value
    ORDER_ERROR = "11", OrderStatus.ORDER_ERROR.value
    FROZEN = "12", OrderStatus.FROZEN.value
    MODIFY_PENDING = "13", OrderStatus.MODIFY_PENDING.value
    ADMIN_ACCEPT = "14", OrderStatus.ADMIN_ACCEPT.value
    ADMIN_REJECT = "15", OrderStatus.ADMIN_REJECT.value
    ADMIN_MODIFY = "16", OrderStatus.ADMIN_MODIFY.value
    ADMIN_CANCEL = "17", OrderStatus.ADMIN_CANCEL.value
    AMO_SUBMITTED = "18", OrderStatus.AMO_SUBMITTED.value
    AMO_CANCELLED = "19", OrderStatus.AMO_CANCELLED.value
    COMPLETED = "20", OrderStatus.COMPLETED.value
    STOPPED = "21", OrderStatus.STOPPED.value
    CONVERTED = "22", OrderStatus.CONVERTED.value


#: What the service writes where the document has another name.
_SPELLINGS = {
    "OMSXMITTED": OrderStatus.OMS_XMITTED,
    "EXXMITTED": OrderStatus.EXCHANGE_XMITTED,
    "OMSREJECT": OrderStatus.OMS_REJECT,
    "ORDERERROR": OrderStatus.ORDER_ERROR,
    "ADMINREJECT": OrderStatus.ADMIN_REJECT,
    "AMOACCEPTED": OrderStatus.AMO_SUBMITTED,
    "AMOWITHDRAWN": OrderStatus.AMO_CANCELLED,
}


def _by_name(members: Iterable[OrderStatus]) -> dict[str, OrderStatus]:
    return {member.value: member for member in members}


_NAMES = _by_name(OrderStatus) | _SPELLINGS


def read_status(text: str) -> OrderStatus | None:
    """The status of a text, in either spelling. None for an unlisted one: show it as it came, and count it as open."""
    return _NAMES.get(text.strip().upper())


def of_number(number: StatusNumber) -> OrderStatus:
    """The status that a number of the vendor's messages stands for."""
    return _NAMES[number.label]
