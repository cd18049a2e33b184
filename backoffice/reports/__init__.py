"""Reports: the number of changes, their outcome, how long it took, and why ODIN refused some."""
