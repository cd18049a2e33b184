"""What exactly was approved: a hash over messages, so that the sender can refuse to send anything else."""

import hashlib
import json


def content_hash(messages: list[dict[str, object]]) -> str:
    """SHA-256 (hex) over `[{"type": 301, "values": {...}}]` as stored, secrets sealed."""
    canonical = json.dumps(messages, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def one(message_type: int, values: object) -> list[dict[str, object]]:
    """A single stored message in the shape that `content_hash` takes."""
    return [{"type": message_type, "values": values}]
