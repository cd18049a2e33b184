"""How a page is looked at: nobody is kept from it, in either theme, and nothing on it is wider than its place."""

from axe_playwright_python.sync_playwright import Axe

WIDE, PHONE = 1440, 360
#: What is folded away is opened too: reasons and confirmations. A menu floats above the page.
UNFOLD = "document.querySelectorAll('main details:not(.menu)').forEach(one => { one.open = true })"
#: What is wider than its place: the page itself and, on a phone, what scrolls sideways within it. The text of a message
#: may, and so may the sections of a long form, which are one line that stays on screen.
TOO_WIDE = """() => {
    const over = (one) => one.scrollWidth - one.clientWidth;
    const scrolls = (one) => one.offsetParent && over(one) > 1 && !one.matches("pre, .side-index")
        && ["auto", "scroll"].includes(getComputedStyle(one).overflowX);
    const inside = innerWidth > 480 ? [] : [...document.querySelectorAll("main *")].filter(scrolls);
    const page = document.documentElement;
    return [...(over(page) > 0 ? [page] : []), ...inside]
        .map((one) => `${over(one)} px too wide: ${one.cloneNode().outerHTML.slice(0, 120)}`);
}"""
#: Cells that are stacked on a phone without the name of their column. Beside one value the row names it.
UNNAMED = """() => [...document.querySelectorAll(".narrow-stack tr:not(:has([colspan])) > td")]
    .filter((cell) => !cell.matches(":first-child, .tag, [data-label]")).filter((cell) => {
        const heads = cell.closest("table").tHead?.rows[0].querySelectorAll("th:not(.tag)") ?? [];
        return heads.length > 2 && cell.innerText.trim()
            && heads[cell.cellIndex]?.matches(":not(:has(.visually-hidden))");
    })
    .map((cell) => `nothing names the column of: ${cell.innerText.slice(0, 60)}`)"""

#: Dates that begin in one line and end in the next, outside the raw text of a message.
BROKEN = r"""() => {
    const found = [];
    const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
    for (let text; (text = texts.nextNode());) {
        if (!text.parentElement.offsetParent || text.parentElement.closest("pre")) continue;
        for (const { index } of text.data.matchAll(/\d\d-\d\d-\d{4}/g)) {
            const date = document.createRange();
            date.setStart(text, index);
            date.setEnd(text, index + 10);
            if (date.getClientRects().length > 1) found.push(`a date in two lines: ${text.data.trim().slice(0, 60)}`);
        }
    }
    return found;
}"""


def at_each_width(page):
    """The width of a telephone, for which the page was loaded, and that of a wide screen, to which it then grows."""
    for width in (PHONE, WIDE):
        page.set_viewport_size({"width": width, "height": 800})
        yield width


def narrow(page):
    """What is wrong with a page on a screen of its width: too wide, in pieces, or not understood there."""
    return page.evaluate(TOO_WIDE) + page.evaluate(UNNAMED) + page.evaluate(BROKEN)


def violations(page):
    """The serious violations of a page as it is: all of them in light, in dark those of its colours."""
    found = _serious(page, {})
    page.emulate_media(color_scheme="dark")
    found += _serious(page, {"runOnly": ["color-contrast"]})
    page.emulate_media(color_scheme="light")
    return found


def _serious(page, options):
    axe = Axe(axe_script="null") if page.evaluate("'axe' in window") else Axe()
    found = axe.run(page, options={"resultTypes": ["violations"], **options}).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
