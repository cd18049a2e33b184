// Long forms: repeating groups, parts that only sometimes apply, drafts kept while typing, findings and cleaned values.
// Everything essential works without it: the buttons are submit buttons that the server understands.

const one = (selector, from = document) => from.querySelector(selector);
const all = (selector, from = document) => [...from.querySelectorAll(selector)];
const form = one("form.entry");
const say = (text) => (one("#announce").textContent = text);
const changed = (field) => field.dispatchEvent(new Event("input", { bubbles: true }));
const flash = (field) => {
  field.classList.remove("just-filled");
  void field.offsetWidth; // lets the animation begin again
  field.classList.add("just-filled");
};

// ---- findings: a link leads to its field, opens what hides it, and gives it the focus -----------------

function goTo(id) {
  const target = document.getElementById(id);
  if (!target) return false;
  for (let at = target.closest("details"); at; at = at.parentElement.closest("details")) at.open = true;
  const focusable = target.matches("input, select, textarea, button, [tabindex]") ? target : one("input, select, textarea", target);
  target.scrollIntoView({ block: "center" });
  (focusable || target).focus({ preventScroll: true });
  return true;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest(".findings a[href^='#']");
  if (link && goTo(decodeURIComponent(link.hash.slice(1)))) event.preventDefault();
});

// ---- a cleaned value is taken only when the person takes it ---------------------------------------------

function takeCleaned(button) {
  const field = document.getElementById(button.dataset.for);
  if (!field || !("value" in field)) return false;
  field.value = button.dataset.use;
  field.removeAttribute("aria-invalid");
  const box = field.closest(".field");
  box.classList.remove("has-error", "has-warning");
  all(".finding, .use-cleaned", box).forEach((element) => element.remove());
  field.focus();
  flash(field);
  changed(field);
  say("Filled in");
  return true;
}

// ---- repeating groups -----------------------------------------------------------------------------------

const cardsOf = (group) => all(":scope > [data-cards] > [data-card]", group);

function renumber(group) {
  const noun = group.dataset.noun;
  const cards = cardsOf(group);
  cards.forEach((card, index) => {
    one("[data-number]", card).textContent = index + 1;
    card.setAttribute("aria-label", `${noun} ${index + 1}`);
    one("[data-remove]", card).setAttribute("aria-label", `Remove ${noun.toLowerCase()} ${index + 1}`);
  });
  const empty = one(":scope > .group-empty", group);
  if (empty) empty.hidden = cards.length > 0;
}

// A further card comes from the server: asked for as soon as its button has the focus or the pointer, so that it is there
// when the button is pressed. If it does not come, the button submits the form, and the next page has the card.
const coming = new WeakMap();

function nextCard(group) {
  const used = all(`[name^="${group.dataset.group}-"]`, one("[data-cards]", group)).map((field) => Number(field.name.split("-")[1]));
  const asked = new URLSearchParams({ card: group.dataset.group, number: Math.max(-1, ...used) + 1 }).toString();
  if (coming.get(group)?.asked !== asked) {
    const answer = fetch(`${form.getAttribute("action")}?${asked}`, { redirect: "error" });
    coming.set(group, { asked, card: answer.then((found) => (found.ok ? found.text() : "")).catch(() => "") });
  }
  return coming.get(group).card;
}

for (const kind of ["focusin", "pointerover"]) {
  form?.addEventListener(kind, (event) => {
    const button = event.target.closest("[data-add]");
    if (button) nextCard(button.closest("[data-group]"));
  });
}

async function add(group, button) {
  button.disabled = true;
  const html = await nextCard(group);
  button.disabled = false;
  coming.delete(group);
  if (!html) {
    form.requestSubmit(button);
    return;
  }
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const card = holder.content.firstElementChild;
  one("[data-cards]", group).append(card);
  if (cardsOf(group).length === 1 && one("[data-default]", card)) makeDefault(card);
  renumber(group);
  one("input:not([type=hidden]), select", card).focus();
  say(`${group.dataset.noun} ${cardsOf(group).length} added`);
  changed(card);
}

function remove(card) {
  const group = card.closest("[data-group]");
  const filled = all("input:not([type=hidden], [type=checkbox]), select", card).some((field) => field.value.trim());
  const name = card.getAttribute("aria-label");
  if (filled && !window.confirm(`Remove ${name.toLowerCase()} with what is typed in it?`)) return;
  const next = card.nextElementSibling || card.previousElementSibling;
  card.remove();
  renumber(group);
  (next ? one("[data-remove]", next) : one("[data-add]", group)).focus();
  say(`${name} removed`);
  changed(group);
}

function makeDefault(card) {
  for (const other of cardsOf(card.closest("[data-group]"))) {
    const flag = one("[data-default]", other);
    flag.value = other === card ? flag.dataset.yes : flag.dataset.no;
    other.classList.toggle("is-default", other === card);
  }
  say(`${card.getAttribute("aria-label")} is the default`);
  changed(card);
}

// ---- the matrix of segments ---------------------------------------------------------------------------------

const column = (name) => all(`[data-matrix] input[name="${name}"]`);

function setColumn(name, wanted) {
  for (const box of column(name)) {
    const before = box.checked;
    box.checked = wanted(box);
    if (box.checked !== before) flash(box.parentElement);
  }
  changed(column(name)[0]);
}

function copyColumn(from, to) {
  const ticked = new Set(column(from).filter((box) => box.checked).map((box) => box.value));
  setColumn(to, (box) => ticked.has(box.value));
  say(`${ticked.size} segments copied`);
}

function tickPreset(button) {
  const codes = new Set(button.dataset.preset.split(","));
  const names = new Set(all("[data-matrix] input").map((box) => box.name));
  for (const name of names) setColumn(name, (box) => codes.has(box.value));
  say(`${button.textContent.trim()} ticked in each column`);
}

// ---- buttons -----------------------------------------------------------------------------------------------------

form?.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { dataset } = button;
  if ("use" in dataset) {
    if (takeCleaned(button)) event.preventDefault();
    return;
  }
  const actions = {
    add: () => add(button.closest("[data-group]"), button),
    remove: () => remove(button.closest("[data-card]")),
    makeDefault: () => makeDefault(button.closest("[data-card]")),
    preset: () => tickPreset(button),
    copyColumn: () => copyColumn(dataset.copyColumn, dataset.column),
    all: () => setColumn(dataset.all, () => true),
    none: () => setColumn(dataset.none, () => false),
    reveal: () => reveal(button),
  };
  const action = Object.keys(actions).find((name) => name in dataset);
  if (!action) return;
  event.preventDefault();
  actions[action]();
});

function reveal(button) {
  const field = document.getElementById(button.dataset.reveal);
  const show = field.type === "password";
  field.type = show ? "text" : "password";
  button.setAttribute("aria-pressed", String(show));
  const use = one("use", button);
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, show ? "#eye-off" : "#eye"));
}

// ---- parts that apply while something else is chosen -----------------------------------------------------------------

function isMinor(text, fullAge) {
  const found = /^(\d{2})-(\d{2})-(\d{4})$/.exec(text.trim());
  if (!found) return false;
  const [day, month, year] = found.slice(1).map(Number);
  const today = new Date();
  const before = today.getMonth() + 1 < month || (today.getMonth() + 1 === month && today.getDate() < day);
  return today.getFullYear() - year - (before ? 1 : 0) < fullAge;
}

// The conditions of screens/conditions.py: any, none, filled, minor.
function holds(part) {
  const { how, codes, when } = part.dataset;
  const names = when.split(" ");
  const watched = [...form.elements].filter((field) => names.some((name) => field.name === name || (how === "filled" && field.name.startsWith(`${name}-`))));
  // Another part of a longer form has it: what the page came with stays.
  if (!watched.length && how !== "filled") return part.dataset.state === "on";
  const values = watched
    .filter((field) => (field.type !== "checkbox" || field.checked) && field.type !== "hidden")
    .map((field) => field.value)
    .filter(Boolean);
  if (how === "minor") return values.some((value) => isMinor(value, Number(codes)));
  if (how === "filled") return values.length > 0;
  const found = values.some((value) => codes.split(" ").includes(value));
  return how === "none" ? !found : found;
}

const isFilled = (part) =>
  all("input:not([type=checkbox], [type=hidden]), select", part).some((field) => field.value) || one("input:checked, .finding", part) !== null;

function followConditions() {
  for (const part of all("[data-when]", form)) part.dataset.state = holds(part) ? "on" : isFilled(part) ? "though" : "off";
}

// ---- counters --------------------------------------------------------------------------------------------------

function count(field) {
  const counter = one(".counter", field.closest(".field"));
  if (!counter) return;
  const most = Number(field.dataset.max);
  const length = field.value.trim().length;
  counter.hidden = length < most * 0.6;
  counter.textContent = `${length} / ${most}`;
  counter.classList.toggle("is-over", length > most);
}

// ---- drafts: kept on the server a moment after the last change ----------------------------------------------------------

const PAUSE = 2000;
const RETRY = 10_000;
let timer = null;
let keeping = false;
let again = false;
let failed = false;

function tell(text, tone = "") {
  const place = one("[data-kept]");
  place.textContent = text;
  place.classList.toggle("tone-bad", tone === "bad");
}

// A login in another tab brings a new token; the one in the form is of no use any more.
async function freshToken() {
  const answer = await fetch(form.dataset.guard, { headers: { Accept: "application/json" } });
  one("input[name=csrfmiddlewaretoken]", form).value = (await answer.json()).token;
}

async function keepOnce() {
  if (failed) await freshToken();
  const answer = await fetch(form.dataset.keep, { method: "POST", body: new FormData(form), redirect: "manual" });
  const { words, url } = await answer.json();
  tell(words, answer.ok ? "" : "bad");
  failed = !answer.ok;
  if (answer.ok) history.replaceState(history.state, "", url);
}

async function keep() {
  timer = null;
  if (form.dataset.sent || form.dataset.checked) return;
  if (keeping) {
    again = true;
    return;
  }
  keeping = true;
  delete form.dataset.changed;
  try {
    await keepOnce();
  } catch {
    tell("Not kept: the portal does not answer. What you typed is still here.", "bad");
    failed = true;
  }
  keeping = false;
  if (failed) {
    form.dataset.changed = "yes";
    timer ??= setTimeout(keep, RETRY);
  } else if (again) {
    keep();
  }
  again = false;
}

function keepSoon() {
  clearTimeout(timer);
  timer = setTimeout(keep, PAUSE);
}

// ---- all together -----------------------------------------------------------------------------------------------------

if (form) {
  form.addEventListener("input", (event) => {
    const field = event.target;
    if (field.matches("[data-max]")) count(field);
    followConditions();
    keepSoon();
  });
  all("input[data-max]", form).forEach(count);
  // On a narrow screen the side index is a strip; it follows the section that is being read.
  const index = one(".side-index", form);
  if (index) {
    new MutationObserver(() => {
      const current = one("[aria-current]", index);
      if (current) index.scrollLeft = current.offsetLeft - (index.clientWidth - current.offsetWidth) / 2;
    }).observe(index, { subtree: true, attributeFilter: ["aria-current"] });
  }
  const group = form.dataset.focusGroup;
  if (group) goTo(all(`[data-group="${group}"] [data-card]`).length ? all(`[data-group="${group}"] [data-card] input:not([type=hidden])`).at(-1).id : `id_${group}`);
  else if (location.hash && !one("[data-focus]")) goTo(decodeURIComponent(location.hash.slice(1)));
  else if ("focusFirst" in form.dataset && !one("[data-focus]")) one(".entry-sections :is(input:not([type=hidden]), select, textarea)", form)?.focus();
}
