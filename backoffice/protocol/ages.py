"""Ages and the age of majority."""

from datetime import date

FULL_AGE = 18


def age(born: date, today: date) -> int:
    """Full years between two days."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def is_minor(born: date, today: date) -> bool:
    """Whether a person born on that day is a minor."""
    return age(born, today) < FULL_AGE
