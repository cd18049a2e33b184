"""Reports: how many changes there were, what became of them, how long it took, and why ODIN refused some."""
