"""What exactly was approved: a hash over messages, so that the sender can refuse to send anything else."""

import hashlib
import json
from collections.abc import Iterable

#: JSON that is the same text for the same values, whatever order they are in.
canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode


def content_hash(messages: list[dict[str, object]]) -> str:
    """SHA-256 (hex) over `[{"type": 301, "values": {...}}]` as stored, secrets sealed."""
    return hash_of(map(canonical, messages))


def hash_of(messages: Iterable[str]) -> str:
    """The same over messages that are canonical texts already."""
    return hashlib.sha256(f"[{','.join(messages)}]".encode("ascii")).hexdigest()


def one(message_type: int, values: object) -> list[dict[str, object]]:
    """A single stored message in the shape that `content_hash` takes."""
    return [{"type": message_type, "values": values}]
