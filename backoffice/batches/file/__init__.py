"""Reading an uploaded file: its format, its columns, and the text that each cell shows."""
