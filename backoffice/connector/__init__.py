"""ODIN Connector: what its messages are (`api`), and the client that calls it."""
