"""The first page, the search on top, and the frame around every page. Knows all rooms."""
