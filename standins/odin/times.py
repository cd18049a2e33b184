"""Times as people at a desk read them: India Standard Time, UTC+05:30 the year round."""

from datetime import datetime, timedelta, timezone

IST = timezone(timedelta(hours=5, minutes=30), "IST")


def ist(moment: str, *, date: bool = True) -> str:
    """An ISO 8601 moment as `21-11-2026 10:15:30 IST`, or only its time of day; an empty one stays empty."""
    if not moment:
        return ""
    local = datetime.fromisoformat(moment).astimezone(IST)
    return local.strftime("%d-%m-%Y %H:%M:%S IST" if date else "%H:%M:%S")


def ist_seconds(moment: float) -> str:
    """Seconds since 1970 as `21-11-2026 10:15:30 IST`."""
    return datetime.fromtimestamp(moment, IST).strftime("%d-%m-%Y %H:%M:%S IST")
