"""What a browser calls itself, as people know it."""

#: Part of the name that a browser sends, and its name for people. The first match counts: others contain
#: later names.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    *(("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad")),
    *(("Mac OS X", "macOS"), ("Linux", "Linux")),
)


def in_words(sent: str) -> str:
    """“Chrome on Windows” of what a browser sent; what it sent where that names none that is known."""
    browser = next((name for mark, name in BROWSERS if mark in sent), "")
    system = next((name for mark, name in SYSTEMS if mark in sent), "")
    return f"{browser} on {system}" if browser and system else browser or sent
