"""The Connector's messages: declarations and reading. Pure Python, no network, no settings."""
