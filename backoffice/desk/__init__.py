"""The start page, the search, and the frame around every page. May import every room."""
