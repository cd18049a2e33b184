"""ODIN Connector: the registry of partners, baskets, invitations, sessions and reported orders."""
