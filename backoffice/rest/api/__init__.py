"""What the calls of the REST API are, declared once, and how their answers are read. Pure Python."""
