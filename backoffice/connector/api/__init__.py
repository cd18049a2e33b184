"""What the Connector's messages are: declarations and reading. Pure Python, no network, no settings."""
