"""Stand-ins for ODIN's interfaces: processes of their own, for demonstration, training and tests. Not the vendor's."""
