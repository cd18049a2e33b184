// Fields that are looked up while one types, such as securities by symbol or ISIN, or clients by name: a combobox that asks the server.
// What is chosen goes into the field, and its name below. Without this script one types the ISIN, and for a symbol the
// check offers it.

const PAUSE = 150;
const SHORTEST = 2;
// What a choice puts into the field: its ISIN, unless the server says what else.
const valueOf = ({ value, isin }) => value ?? isin;
const one = (selector, from = document) => from.querySelector(selector);
const say = (text) => (one("#announce").textContent = text);
const listOf = (field) => document.getElementById(`${field.id}-options`);
const nameOf = (field) => document.getElementById(`${field.id}-name`);
const nounOf = (field) => listOf(field).getAttribute("aria-label").toLowerCase();
const isLookedUp = (element) => element.matches?.("input[data-look-up]");
const active = (field) => one("[aria-selected=true]", listOf(field));
let timer = null;
let asking = null;

// Cards are added later, so that each field becomes a combobox when it is first needed.
function prepare(field) {
  if (field.getAttribute("role") === "combobox") return;
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-expanded", "false");
  field.setAttribute("aria-controls", listOf(field).id);
  const described = [field.getAttribute("aria-describedby"), nameOf(field).id];
  field.setAttribute("aria-describedby", described.filter(Boolean).join(" "));
}

function close(field) {
  listOf(field).hidden = true;
  listOf(field).replaceChildren();
  field.setAttribute("aria-expanded", "false");
  field.removeAttribute("aria-activedescendant");
}

function part(text, className = "") {
  return Object.assign(document.createElement("span"), { textContent: text, className });
}

function option(field, security, place) {
  const item = Object.assign(document.createElement("li"), { id: `${field.id}-option-${place}` });
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", "false");
  Object.assign(item.dataset, { value: valueOf(security), words: wordsOf(security) });
  item.append(part(security.symbol, "look-up-key"), part(security.name));
  if (valueOf(security) !== security.symbol) item.append(part(valueOf(security), "mono quiet"));
  if (security.exchanges.length) item.append(part(security.exchanges.join(", "), "quiet"));
  return item;
}

const wordsOf = ({ symbol, name, exchanges }) =>
  `${symbol}${name ? `, ${name}` : ""}${exchanges.length ? ` (${exchanges.join(", ")})` : ""}`;

// The name of what is chosen, as of when the names are, and why they may be out of date.
function tell(field, words, { as_of: asOf, trouble }) {
  const place = nameOf(field);
  place.hidden = !words && !asOf && !trouble;
  place.replaceChildren(...(words ? [part(words, "look-up-chosen")] : []), ...(asOf ? [part(`${asOf}.`)] : []));
  if (trouble) place.append(part(`Check: ${trouble}`, "tone-warn"));
}

function mark(field, item) {
  active(field)?.setAttribute("aria-selected", "false");
  item.setAttribute("aria-selected", "true");
  item.scrollIntoView({ block: "nearest" });
  field.setAttribute("aria-activedescendant", item.id);
}

function move(field, step) {
  const items = [...listOf(field).children];
  const at = items.indexOf(active(field));
  mark(field, items[(at < 0 ? (step > 0 ? 0 : -1) : at + step + items.length) % items.length] ?? items.at(-1));
}

function choose(field, item) {
  field.value = item.dataset.value;
  one(".look-up-chosen", nameOf(field))?.remove();
  nameOf(field).hidden = false;
  nameOf(field).prepend(part(item.dataset.words, "look-up-chosen"));
  say(`${item.dataset.words} chosen`);
  close(field);
  field.dispatchEvent(new CustomEvent("input", { bubbles: true, detail: "chosen" }));
}

// What the server offers for the text; null where it does not answer, or something newer was typed.
async function offered(field) {
  asking?.abort();
  asking = new AbortController();
  try {
    const address = `${field.dataset.lookUp}?${new URLSearchParams({ q: field.value.trim() })}`;
    const answer = await fetch(address, { signal: asking.signal, redirect: "manual" });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

async function lookUp(field) {
  const text = field.value.trim().toUpperCase();
  const found = text.length < SHORTEST ? null : await offered(field);
  if (!found) return close(field);
  const exact = found.securities.find((security) => valueOf(security) === text);
  tell(field, exact ? wordsOf(exact) : "", found);
  if (exact || !found.securities.length || document.activeElement !== field) {
    close(field);
    if (!exact) say(`No ${nounOf(field)} found`);
    return;
  }
  listOf(field).replaceChildren(...found.securities.map((security, place) => option(field, security, place)));
  listOf(field).hidden = false;
  field.setAttribute("aria-expanded", "true");
  field.removeAttribute("aria-activedescendant");
  say(`${found.securities.length} ${nounOf(field)}. Use the arrow keys.`);
}

document.addEventListener("focusin", ({ target }) => isLookedUp(target) && prepare(target));
document.addEventListener("focusout", ({ target }) => isLookedUp(target) && close(target));
document.addEventListener("input", (event) => {
  if (!isLookedUp(event.target) || event.detail === "chosen") return;
  clearTimeout(timer);
  timer = setTimeout(lookUp, PAUSE, event.target);
});

document.addEventListener(
  "keydown",
  (event) => {
    const field = event.target;
    if (!isLookedUp(field) || listOf(field).hidden) return;
    if (event.key === "ArrowDown") move(field, 1);
    else if (event.key === "ArrowUp") move(field, -1);
    else if (event.key === "Escape") close(field);
    else if (event.key === "Enter" && active(field)) choose(field, active(field));
    else return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);

// The field keeps the focus while an option is pressed.
document.addEventListener("mousedown", (event) => event.target.closest(".look-up [role=option]") && event.preventDefault());
document.addEventListener("click", (event) => {
  const item = event.target.closest(".look-up [role=option]");
  if (item) choose(one("input", item.closest(".look-up")), item);
});

// What is filled in already has its name as well, field after field.
for (const field of document.querySelectorAll("input[data-look-up]")) {
  prepare(field);
  if (field.value.trim()) await lookUp(field);
}
