"""Kinds of fields, and their values. Declarations import everything they need from here."""

from backoffice.protocol.field import Field, Value, Values
from backoffice.protocol.formatted import Amount, Date, Formatted, Integer, Percent
from backoffice.protocol.records import JsonRecords, Record, Records, SubRecord
from backoffice.protocol.scalars import Code, Flags, Scalar, Secret, Text
from backoffice.protocol.secret import SecretText

__all__ = [
    "Amount",
    "Code",
    "Date",
    "Field",
    "Flags",
    "Formatted",
    "Integer",
    "JsonRecords",
    "Percent",
    "Record",
    "Records",
    "Scalar",
    "Secret",
    "SecretText",
    "SubRecord",
    "Text",
    "Value",
    "Values",
]
