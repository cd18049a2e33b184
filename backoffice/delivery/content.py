"""The hash over approved messages. The sender refuses to send anything with another hash."""

import hashlib
import json
from collections.abc import Iterable

#: JSON that is identical for equal values, whatever their order.
canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode


def content_hash(messages: list[dict[str, object]]) -> str:
    """SHA-256 (hex) over `[{"type": 301, "values": {...}}]` as stored, secrets sealed."""
    return hash_of(map(canonical, messages))


def hash_of(messages: Iterable[str]) -> str:
    """Return the hash of messages that are already canonical texts."""
    return hashlib.sha256(f"[{','.join(messages)}]".encode("ascii")).hexdigest()


def one(message_type: int, values: object) -> list[dict[str, object]]:
    """Return one stored message in the shape that `content_hash` takes."""
    return [{"type": message_type, "values": values}]
