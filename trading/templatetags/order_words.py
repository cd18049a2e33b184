"""Template filters of the order desk's pages."""

from django import template

from backoffice.rest.api.codes import Exchange, OrderType, Product, Side, Validity, validity_words

register = template.Library()
_NAMES = {one.value: one.label for choice in (Exchange, OrderType, Product, Side, Validity) for one in choice}


@register.filter
def by_name(code: str | None) -> str:
    """A code of the REST API by its name; one that is not declared as it is; "" without one."""
    return _NAMES.get(code or "", code or "")


@register.filter
def with_days(code: str | None, days: int | None) -> str:
    """The validity of an order with its days, as `by_name`."""
    return validity_words(by_name(code), days)
