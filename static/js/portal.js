// Small behaviours that every page shares. Events are delegated from the document, so that what htmx swaps in works too.
// Formsets are the matter of forms.js.
"use strict";

const one = (selector, from = document) => from.querySelector(selector);
const all = (selector, from = document) => [...from.querySelectorAll(selector)];
const isTyping = (element) => element.matches("input, select, textarea, [contenteditable]") || element.closest("dialog") !== null;

// What unfolds over the page: choices of several, and menus. It closes when one looks elsewhere.
const FOLDING = "[data-picker], details.menu";
const UNFOLDED = ":is([data-picker], details.menu)[open]";

// ---- theme, navigation, dialogs, messages, copying: by click ---------------------------------

function toggleTheme() {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const next = (root.dataset.theme || system) === "dark" ? "light" : "dark";
  root.dataset.theme = next;
  try {
    localStorage.setItem("theme", next);
  } catch {
    // Storage may be switched off; the choice then holds for this page.
  }
}

function toggleNav(open) {
  const button = one("[data-nav-toggle]");
  if (!button) return;
  document.body.classList.toggle("nav-open", open);
  button.setAttribute("aria-expanded", String(open));
  if (open) one("#rail a")?.focus();
}

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    // Without https there is no clipboard: select the text, so that Ctrl+C does the rest.
    getSelection().selectAllChildren(button);
    return;
  }
  button.classList.add("copied");
  const use = one("use", button);
  const before = use.getAttribute("href");
  use.setAttribute("href", before.replace(/#.*/, "#check"));
  announce("Copied");
  setTimeout(() => {
    button.classList.remove("copied");
    use.setAttribute("href", before);
  }, 1500);
}

function announce(text) {
  const place = one("#announce");
  if (place) place.textContent = text;
}

document.addEventListener("click", (event) => {
  const hit = (selector) => event.target.closest(selector);
  let found;
  if (hit("[data-theme-toggle]")) toggleTheme();
  else if (hit("[data-nav-toggle]")) toggleNav(!document.body.classList.contains("nav-open"));
  else if ((found = hit("[data-copy]"))) copy(found);
  else if ((found = hit("[data-dialog]"))) document.getElementById(found.dataset.dialog)?.showModal();
  else if (hit("[data-print]")) window.print();
  else if ((found = hit("[data-close]"))) found.closest("dialog")?.close();
  else if ((found = hit("[data-fill]"))) {
    const field = document.getElementById(found.dataset.fill);
    field.value = found.textContent;
    field.focus();
  } else if ((found = hit("[data-dismiss]"))) found.closest(".flash")?.remove();
  else if (event.target.matches("dialog[open]")) event.target.close();
  else if ((found = hit("tr[data-href]")) && !hit("a, button, input, label, select, summary") && !String(getSelection())) {
    if (event.ctrlKey || event.metaKey) window.open(found.dataset.href);
    else location.assign(found.dataset.href);
  }
  if (document.body.classList.contains("nav-open") && !hit("#rail, [data-nav-toggle]")) toggleNav(false);
});

// ---- keys: / to search, j and k through a list, Enter opens ------------------------------------

function moveInList(step) {
  const rows = all("tr[data-href]");
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.classList.contains("is-current"));
  const next = rows[Math.min(rows.length - 1, Math.max(0, at < 0 ? 0 : at + step))];
  rows[at]?.classList.remove("is-current");
  next.classList.add("is-current");
  next.scrollIntoView({ block: "nearest" });
  // The row's own link takes the focus, so that Enter, a screen reader and the eye agree.
  one("a", next)?.focus({ preventScroll: true });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    if (document.body.classList.contains("nav-open")) {
      toggleNav(false);
      one("[data-nav-toggle]").focus();
    } else if (one(UNFOLDED)) {
      one("summary", one(UNFOLDED)).focus();
      closePickers();
    } else if (event.target.matches("[data-hotkey]")) event.target.blur();
    return;
  }
  if (isTyping(event.target)) return;
  if (event.key === "j" || event.key === "k") moveInList(event.key === "j" ? 1 : -1);
  else if (event.key === "Enter" && event.target === document.body) {
    const row = one("tr.is-current[data-href]");
    if (row) location.assign(row.dataset.href);
  } else {
    const target = all("[data-hotkey]").find((element) => element.dataset.hotkey === event.key);
    if (!target) return;
    event.preventDefault();
    target.focus();
    target.select?.();
  }
});

// ---- forms ---------------------------------------------------------------------------------

document.addEventListener("input", (event) => {
  const field = event.target;
  if (field.matches("[data-upper]")) {
    const upper = field.value.toUpperCase();
    if (upper !== field.value) {
      const { selectionStart: start, selectionEnd: end } = field;
      field.value = upper;
      field.setSelectionRange(start, end);
    }
  }
  const form = field.closest("form[data-guard]");
  if (form) form.dataset.changed = "yes";
});

window.addEventListener("beforeunload", (event) => {
  if (one("form[data-guard][data-changed]:not([data-sent])")) event.preventDefault();
});

// Before a form with something typed leaves, the login is checked: an expired one would lose what was typed, and another
// person's would send it in their name.
const LONGEST = 20_000;
const TYPED = "textarea, input:not([type=hidden], [type=checkbox], [type=radio])";
function guardOf(form) {
  if (form.dataset.guard || "resubmit" in form.dataset) return form.dataset.guard;
  return [...form.elements].some((field) => field.matches(TYPED) && field.value !== "") ? document.body.dataset.guard : "";
}

async function sendWhenLoggedIn(form, submitter, guard) {
  if (form.dataset.asking) return;
  form.dataset.asking = "yes";
  showWaiting(form, submitter);
  const token = one("input[name=csrfmiddlewaretoken]", form);
  try {
    const signal = AbortSignal.timeout(LONGEST);
    const answer = await fetch(guard, { headers: { Accept: "application/json" }, redirect: "manual", signal });
    const { logged_in: loggedIn, person, name, token: fresh } = await answer.json();
    // A form that came back without a login names no person: the one who logs in next may send it.
    const before = document.body.dataset.person;
    const other = loggedIn && before && person !== before;
    if (other) one("#other-login [data-name]").textContent = name;
    if (other || !loggedIn) {
      hold(form, other ? "#other-login" : "#logged-out");
      return;
    }
    // A new login brings a new token, and the one in the form is of no use any more.
    if (token) token.value = fresh;
  } catch {
    // The browser's own page about a broken network would take the place of this one, and what was typed with it.
    hold(form, "#no-answer");
    return;
  }
  delete form.dataset.asking;
  form.dataset.checked = "yes";
  form.requestSubmit(submitter);
}

function hold(form, dialog) {
  rearm(form);
  one(dialog).showModal();
}

// Whoever waits for more than a moment sees at the button that the portal is at work.
const MOMENT = 1000;
function showWaiting(form, submitter) {
  setTimeout(() => {
    if (!form.dataset.sent && !form.dataset.asking) return;
    submitter?.classList.add("is-waiting");
    announce("Still working. Nothing needs to be pressed again.");
  }, MOMENT);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method === "get") {
    // Keeps empty filters out of the address.
    const empty = all("input[name], select[name]", form).filter((field) => field.value === "" && !field.disabled);
    empty.forEach((field) => (field.disabled = true));
    setTimeout(() => empty.forEach((field) => (field.disabled = false)));
    // It may be sent again: a report of fewer days, say, in place of a long one.
    if (event.defaultPrevented) return;
    form.dataset.sent = "yes";
    showWaiting(form, event.submitter);
    return;
  }
  if (form.method !== "post" || event.defaultPrevented) return;
  const guard = guardOf(form);
  if (guard && !form.dataset.checked) {
    event.preventDefault();
    sendWhenLoggedIn(form, event.submitter, guard);
    return;
  }
  // Whoever comes back to the page is led to what the form became.
  if (form.dataset.back) history.replaceState(history.state, "", form.dataset.back);
  // Such a form may be sent again: a search, or one whose answer is a file, after which the page is still there.
  if ("resubmit" in form.dataset) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  showWaiting(form, event.submitter);
  // Only after the browser has gathered the form: a disabled button would not be sent with it.
  setTimeout(() => all("button:not([type=button])", form).forEach((button) => button.setAttribute("aria-disabled", "true")));
});

function rearm(form) {
  delete form.dataset.asking;
  delete form.dataset.sent;
  delete form.dataset.checked;
  all("button:not([type=button])", form).forEach((button) => {
    button.removeAttribute("aria-disabled");
    button.classList.remove("is-waiting");
  });
}

// A page that comes back from the browser's memory must be usable again.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) all("form[data-sent]").forEach(rearm);
});

// ---- filters: a choice of several closes when one looks elsewhere, and says what is chosen ----------

function sayPicked(picker) {
  const words = all("input:checked", picker).map((box) => box.parentElement.textContent.trim());
  one("[data-picked]", picker).textContent = words.join(", ") || "Any";
}

function saySet(filters) {
  const set = all("input[name]:not([type=hidden]), select[name]", filters)
    .filter((field) => (field.type === "checkbox" ? field.checked : field.value !== ""));
  const count = one("[data-filters-set]", filters);
  count.firstChild.textContent = new Set(set.map((field) => field.name)).size;
  count.hidden = set.length === 0;
}

document.addEventListener("change", (event) => {
  const picker = event.target.closest("[data-picker]");
  if (picker) sayPicked(picker);
  const filters = event.target.closest("[data-filters]");
  if (filters) saySet(filters);
});

function closePickers(except) {
  for (const picker of all(UNFOLDED)) if (picker !== except) picker.open = false;
}
document.addEventListener("click", (event) => closePickers(event.target.closest(FOLDING)));
document.addEventListener("focusin", (event) => {
  // A press on a label moves the focus to the page around it for a moment: only a real control counts as elsewhere.
  if (event.target.matches("a, button, input, select, textarea, summary")) closePickers(event.target.closest(FOLDING));
});

// A control that offers what may be typed offers what fits its text: all of it, once the first key replaces the text.
document.addEventListener("focusin", (event) => {
  if (event.target.matches("input[list]")) event.target.select();
});

// ---- times: "3 min ago", in the words of screens/formats.py -------------------------------------

function span(seconds) {
  for (const [size, unit] of [[86400, "d"], [3600, "h"], [60, "min"]]) {
    if (seconds >= size) return `${Math.floor(seconds / size)} ${unit}`;
  }
  return `${Math.floor(seconds)} s`;
}

function refreshTimes() {
  for (const element of all("time:is([data-ago], [data-moment])")) {
    const seconds = (Date.now() - Date.parse(element.dateTime)) / 1000;
    if (Math.abs(seconds) >= 7 * 86400) continue;
    const words = Math.abs(seconds) < 1 ? "now" : seconds > 0 ? `${span(seconds)} ago` : `in ${span(-seconds)}`;
    if ("ago" in element.dataset) element.textContent = words;
    else element.title = words;
  }
}
setInterval(refreshTimes, 10_000);

// ---- htmx ----------------------------------------------------------------------------------

const PERSONAL = new RegExp(`^\\s*(?:${document.body.dataset.personal ?? "(?!)"})\\s*$`, "i");
document.addEventListener("htmx:configRequest", (event) => {
  // What a page asks on its own does not keep a session alive.
  if (event.detail.elt.matches("[data-poll]")) event.detail.headers["X-Background"] = "yes";
  if (event.detail.verb !== "get") return;
  const { parameters } = event.detail;
  for (const name of Object.keys(parameters)) if (parameters[name] === "") delete parameters[name];
  // A person's identifier must not become part of an address; the server refuses it too, and says so.
  if (PERSONAL.test(parameters.q ?? "")) {
    event.preventDefault();
    announce("A list is not searched by PAN, mobile number or e-mail address. Use the search on top.");
  }
});

document.addEventListener("htmx:beforeRequest", (event) => {
  // A hidden page does not ask.
  if (document.hidden && event.detail.elt.matches("[data-poll]")) event.preventDefault();
});

// Whoever has followed a link is not held back by a page that would renew itself: a reload would undo the click. A
// download begins like any other link and leaves the page where it is, so this ends on its own.
const LEAVING_MS = 10_000;
let leftAt = -LEAVING_MS;
window.addEventListener("beforeunload", () => (leftAt = performance.now()));
// An answer from another address is a whole page, such as the login or the set-up of a second factor.
const isElsewhere = ({ xhr, requestConfig }) => new URL(xhr.responseURL).pathname !== new URL(requestConfig.path, location).pathname;
const halfTyped = (from = document) => all("form[method=post] *", from).some((field) => field.matches(TYPED) && field.value !== field.defaultValue);
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { elt, target, xhr } = event.detail;
  if (!elt.matches("[data-poll]")) return;
  const isWhole = xhr.getResponseHeader("HX-Refresh") === "true" || isElsewhere(event.detail);
  // Nor does it take away what somebody is typing.
  const isHeld = halfTyped(isWhole ? document : target);
  if (isHeld && isWhole) note("changed", "This page has changed. Finish what you are typing, or reload the page.");
  if (isHeld || performance.now() - leftAt < LEAVING_MS) event.preventDefault();
});

let currentRow = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  currentRow = one("tr.is-current")?.dataset.href;
  // Go to another page, rather than show it inside this one.
  if (isElsewhere(event.detail) && event.detail.requestConfig.verb === "get") {
    event.detail.shouldSwap = false;
    location.reload();
  }
});

// The tab's title says how much waits, as the bell does.
function countInTitle() {
  const count = document.querySelector(".bell-count")?.textContent;
  const bare = document.title.replace(/^\(\d+\+?\) /, "");
  document.title = count ? `(${count}) ${bare}` : bare;
}
countInTitle();
document.addEventListener("htmx:afterSettle", countInTitle);

document.addEventListener("htmx:afterSettle", () => {
  if (currentRow) all("tr[data-href]").find((row) => row.dataset.href === currentRow)?.classList.add("is-current");
  // A filter may be used again. A form that was posted may not: a part of the page that renews itself is not its answer.
  all("form[data-sent]").filter((form) => form.method === "get").forEach(rearm);
  const words = one("[data-announce]");
  if (words) announce(words.textContent);
});

// A part of a page that could not be renewed says so, to the eye as well, until the next answer arrives.
const sayOld = () => note("old", "The portal does not answer. What you see may be old.");
document.addEventListener("htmx:beforeOnLoad", () => one("#old")?.remove());
for (const failure of ["htmx:responseError", "htmx:sendError"]) document.addEventListener(failure, sayOld);

function note(id, words) {
  if (document.getElementById(id)) return;
  const box = Object.assign(document.createElement("div"), { id, className: "flash flash-warning" });
  box.append(Object.assign(document.createElement("p"), { textContent: words }));
  one("#flashes")?.append(box);
}

// ---- personal data that is shown for some minutes: how long still, and gone when they are over ----------------------

function countDown() {
  for (const note of all("[data-seconds]")) {
    const left = Math.ceil(Number(note.dataset.seconds) - performance.now() / 1000);
    if (left > 0) one("[data-left]", note).textContent = `, ${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")} left`;
    else if (!one("form[data-guard]")) location.reload();
  }
}
if (one("[data-seconds]")) setInterval(countDown, 1000);

// ---- when the page is there ----------------------------------------------------------------------

document.addEventListener("DOMContentLoaded", () => {
  // The first focus: a message to the person, else the first wrong field of a form, else its first field.
  const control = ":is(input:not([type=hidden]), select, textarea):not(:disabled)";
  const places = location.hash ? ["[data-focus]"] : ["[data-focus]", "[data-begin] [aria-invalid=true]", `[data-begin] ${control}`];
  const begin = places.map((place) => one(place)).find(Boolean);
  begin?.focus({ preventScroll: begin.dataset.focus === "stay" });
  for (const tab of all(".tabs [aria-current]")) tab.scrollIntoView({ block: "nearest", inline: "center" });
  all("[data-picker]").forEach(sayPicked);
  all("dialog[data-open]").forEach((dialog) => dialog.showModal());
  // Side index: marks the section that is being read.
  const links = all(".side-index a[href^='#']");
  const sections = links.map((link) => document.getElementById(link.hash.slice(1))).filter(Boolean);
  if (!sections.length) return;
  const mark = () => {
    const line = window.innerHeight * 0.3;
    // A page that fits its window, or has not been moved, is read from its first section.
    const atEnd = window.scrollY > 0 && window.innerHeight + window.scrollY >= document.body.scrollHeight - 4;
    const reading = atEnd ? sections.at(-1) : window.scrollY > 0 && sections.findLast((section) => section.getBoundingClientRect().top <= line);
    for (const link of links) {
      if (link.hash.slice(1) === (reading || sections[0]).id) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };
  document.addEventListener("scroll", mark, { passive: true });
  mark();
});
