"""What an uploaded file says: its format, its columns, and the text that each cell shows."""
