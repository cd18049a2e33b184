"""ODIN Connector: its messages (`api`), and the client that calls it."""
