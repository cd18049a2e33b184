"""How money and times are written. Pure functions; the template tags in `portal` call them."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from backoffice.protocol.formatted import grouped

#: The sign of the currency with a space that does not break, so that no line ends between it and its amount.
RUPEE = "₹\u00a0"
INDIA = ZoneInfo("Asia/Kolkata")
#: Larger and finer numbers are not amounts: writing out 1e1000000 would block the process.
MOST_DIGITS = 40
CRORE = 10_000_000
#: The styles of `ist`.
STYLES = {
    "full": "%d-%m-%Y %H:%M:%S",
    "minute": "%d-%m-%Y %H:%M",
    "date": "%d-%m-%Y",
    "time": "%H:%M:%S",
    "day": "%a %d-%m-%Y, %H:%M",
}

#: The full style, for `each_ist`.
FULL = "%02d-%02d-%d %02d:%02d:%02d"


def indian(amount: Decimal | int | str | None, places: int | None = 2) -> str:
    """Return an amount with Indian digit grouping: 1234567 becomes "12,34,567.00".

    `places` are the digits after the point; None keeps those given. A value that is not a number is returned
    unchanged.
    """
    number = _decimal(amount)
    if number is None:
        return "" if amount is None else str(amount)
    text = f"{abs(number):f}" if places is None else f"{abs(number):.{places}f}"
    sign = "-" if number < 0 and text.strip("0.") else ""
    return sign + grouped(text)


def rupees(amount: Decimal | int | str | None) -> str:
    """Return an amount in rupees on one line: ₹ 12,34,567.00. The space between is one that does not break."""
    return f"{RUPEE}{indian(amount)}"


def exact(amount: Decimal | int | str | None, least: int = 0, most: int = 4) -> str:
    """Return an amount with Indian digit grouping and only its own decimals, at least `least` and at most `most`."""
    number = _decimal(amount)
    if number is None:
        return indian(amount)
    decimals = -int(number.normalize().as_tuple().exponent)
    return indian(number, min(most, max(least, decimals)))


def price(amount: Decimal | int | str | None) -> str:
    """Return a price in rupees: with paise, or with all its decimals, as ticks of currency have more."""
    return exact(amount, 2, 7)


def rupee_price(amount: Decimal | int | str | None) -> str:
    """Return a price with the sign of the currency, on one line."""
    return f"{RUPEE}{price(amount)}"


def in_words(amount: Decimal | int | str | None) -> str:
    """Return a rupee amount in words: 100050.5 becomes "Rupees one lakh fifty and fifty paise".

    Fractions are rounded to whole paise. A value that is not a number gives an empty text.
    """
    number = _decimal(amount)
    if number is None:
        return ""
    total_paise = int((abs(number) * 100).to_integral_value())
    rupees, paise = divmod(total_paise, 100)
    words = f"Rupees {_count(rupees)}"
    if paise:
        words += f" and {_count(paise)} paise"
    return f"Minus {words[0].lower()}{words[1:]}" if number < 0 and total_paise else words


def ist(at: datetime | None, style: str = "full") -> str:
    """Return a time in India.

    Styles: full (21-11-2026 10:25:39), minute, date, time, day (Sat 21-11-2026, 10:25).
    """
    if at is None:
        return ""
    return at.astimezone(INDIA).strftime(STYLES[style])


def each_ist(times: Iterable[datetime | None]) -> list[str]:
    """Return the full `ist` of each of many times, twice as fast: the format that `strftime` reads is fixed."""
    local = (at and at.astimezone(INDIA) for at in times)
    return [FULL % (at.day, at.month, at.year, at.hour, at.minute, at.second) if at else "" for at in local]


def midnight(day: date) -> datetime:
    """The first moment of a day in India."""
    return datetime.combine(day, time.min, INDIA)


def span(seconds: float) -> str:
    """Return a duration in one unit: "12 s", "3 min", "5 h", "2 d". `portal.js` uses the same words."""
    seconds = max(0, int(seconds))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def ago(at: datetime, now: datetime | None = None) -> str:
    """Return how long ago, or how soon: "3 min ago", "in 20 s"; a date if it is more than a week away."""
    seconds = ((now or datetime.now(UTC)) - at).total_seconds()
    if abs(seconds) >= 7 * 86400:
        return ist(at, "date")
    if abs(seconds) < 1:
        return "now"
    return f"{span(seconds)} ago" if seconds > 0 else f"in {span(-seconds)}"


def _decimal(amount: Decimal | int | str | None) -> Decimal | None:
    if amount is None or amount == "":
        return None
    try:
        number = Decimal(amount)
    except (InvalidOperation, ValueError, TypeError):
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= MOST_DIGITS else None


def _count(number: int) -> str:
    """A whole number in words, in crores, lakhs and thousands. The library has no words from 1,000 crore on."""
    crores, rest = divmod(number, CRORE)
    if crores < 1000:
        from num2words import num2words  # large: not at every start of a process

        words: str = num2words(number, lang="en_IN")
        return words.replace(",", "").replace(" and ", " ")
    return f"{_count(crores)} crore" + (f" {_count(rest)}" if rest else "")
