// The search on top while one types: a combobox over what the server offers. What is typed is posted, never put into an
// address; of what was opened lately the browser keeps ids alone. Without this script the form searches on a page.

const PAUSE = 150;
const RECENT = 6;
const form = document.querySelector(".top-search");
const field = form.querySelector("#top-search");
const box = form.querySelector("#palette");
const options = () => [...box.querySelectorAll("[role=option]")];
const active = () => box.querySelector("[aria-selected=true]");
const say = (text) => (document.querySelector("#announce").textContent = text);
const place = `recent-${form.dataset.person}`;
let timer = null;
let asking = null;
// Keys pressed before the answer came are played when it is there.
let waiting = null;

function recent() {
  try {
    return JSON.parse(localStorage.getItem(place)) ?? [];
  } catch {
    return [];
  }
}

function remember(subject) {
  try {
    localStorage.setItem(place, JSON.stringify([subject, ...recent().filter((one) => one !== subject)].slice(0, RECENT)));
  } catch {
    // Storage may be switched off; nothing is then recent.
  }
}

for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "palette" })) {
  field.setAttribute(name, value);
}

function close() {
  clearTimeout(timer);
  asking?.abort();
  waiting = null;
  box.hidden = true;
  box.replaceChildren();
  field.setAttribute("aria-expanded", "false");
  field.removeAttribute("aria-activedescendant");
}

function mark(option) {
  active()?.setAttribute("aria-selected", "false");
  option.setAttribute("aria-selected", "true");
  option.scrollIntoView({ block: "nearest" });
  field.setAttribute("aria-activedescendant", option.id);
}

function move(step) {
  const all = options();
  if (!all.length) return;
  const at = all.indexOf(active());
  mark(all[at < 0 ? (step > 0 ? 0 : all.length - 1) : (at + step + all.length) % all.length]);
}

function open(option) {
  const { url, post, subject, opens } = option.dataset;
  if (subject || opens) remember(subject || opens);
  if (post === undefined) return location.assign(url);
  const sent = Object.assign(document.createElement("form"), { method: "post", action: url, hidden: true });
  sent.append(form.querySelector("[name=csrfmiddlewaretoken]").cloneNode());
  document.body.append(sent);
  sent.requestSubmit();
}

function play(key) {
  const chosen = active();
  if (key === "ArrowDown") move(1);
  else if (key === "ArrowUp") move(-1);
  else if (key === "Enter") {
    if (chosen) open(chosen);
    else form.requestSubmit();
  } else if (key === "ArrowRight" && chosen?.dataset.subject) {
    field.value = chosen.dataset.subject;
    ask();
  }
}

async function ask() {
  clearTimeout(timer);
  asking?.abort();
  asking = new AbortController();
  waiting ??= [];
  const { signal } = asking;
  const body = new FormData(form);
  body.set("recent", recent().join(","));
  try {
    const answer = await fetch(form.dataset.offer, { method: "POST", body, signal, redirect: "manual" });
    if (!answer.ok) throw new Error("no answer");
    box.innerHTML = await answer.text();
  } catch {
    if (!signal.aborted) close();
    return;
  }
  const keys = waiting ?? [];
  waiting = null;
  const found = options().length;
  box.hidden = !box.querySelector("[role=option], .palette-none");
  field.setAttribute("aria-expanded", String(!box.hidden));
  field.removeAttribute("aria-activedescendant");
  if (field.value.trim()) say(found ? `${found} offered. Use the arrow keys.` : "Nothing found");
  keys.forEach(play);
}

field.addEventListener("focus", () => !field.value.trim() && recent().length && ask());
field.addEventListener("blur", close);
field.addEventListener("input", () => {
  clearTimeout(timer);
  waiting = [];
  timer = setTimeout(ask, PAUSE);
});
field.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !box.hidden) {
    event.preventDefault();
    event.stopPropagation();
    return close();
  }
  const moves = ["ArrowDown", "ArrowUp"].includes(event.key);
  const acts = event.key === "Enter" && (active() || waiting?.length);
  const commands = event.key === "ArrowRight" && active()?.dataset.subject;
  if (!moves && !acts && !commands) return;
  event.preventDefault();
  if (waiting) waiting.push(event.key);
  else if (moves && box.hidden) {
    waiting = [event.key];
    ask();
  } else play(event.key);
});

// The field keeps the focus while an option is pressed.
box.addEventListener("mousedown", (event) => event.preventDefault());
box.addEventListener("click", (event) => {
  const option = event.target.closest("[role=option]");
  if (option) open(option);
});

function showKeys() {
  const dialog = document.querySelector("#keys");
  const here = { rows: "tr[data-href]", picks: "[data-pick]" };
  for (const [name, selector] of Object.entries(here)) {
    for (const line of dialog.querySelectorAll(`[data-key-${name}]`)) line.hidden = !document.querySelector(selector);
  }
  const list = dialog.querySelector("dl");
  list.querySelectorAll("[data-own]").forEach((line) => line.remove());
  for (const control of document.querySelectorAll("[data-hotkey]")) {
    if (control === field) continue;
    const [key, words] = ["dt", "dd"].map((name) => document.createElement(name));
    key.dataset.own = words.dataset.own = "";
    key.append(Object.assign(document.createElement("kbd"), { textContent: control.dataset.hotkey }));
    words.textContent = control.getAttribute("aria-label") ?? control.textContent.trim().replace(/\s+/g, " ");
    list.append(key, words);
  }
  dialog.showModal();
}

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    field.focus();
    field.select();
  } else if (event.key === "?" && !event.target.closest("input, select, textarea, [contenteditable], dialog")) {
    event.preventDefault();
    showKeys();
  }
});

// The page that shows whom one looked up last.
const shown = document.querySelector("#recent");
if (shown && recent().length) {
  const body = new FormData(form);
  body.set("recent", recent().join(","));
  const answer = await fetch(shown.dataset.recent, { method: "POST", body, redirect: "manual" }).catch(() => null);
  if (answer?.status === 200) shown.innerHTML = await answer.text();
}

// A retail user whose page is opened, however one came there, is recent.
const visited = /^\/users\/([^/]+)\/([^/]+)\/$/.exec(location.pathname);
if (visited && document.querySelector("[data-copy]")) remember(visited.slice(1).map(decodeURIComponent).join("/"));
