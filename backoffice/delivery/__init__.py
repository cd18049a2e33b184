"""The outbox: messages for ODIN, each attempt to send one, and its outcome."""
