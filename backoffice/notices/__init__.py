"""Notices of what waits for a person or came back to them, in the bell and by e-mail."""
