"""What becomes of a checked file: submitted, approved, sent."""
