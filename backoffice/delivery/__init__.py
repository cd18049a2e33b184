"""The outbox: what is owed to ODIN, each try at sending it, and what came back."""
