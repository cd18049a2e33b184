// The grid of deposits: names appear for codes, Enter goes down and adds rows, lines of a spreadsheet are pasted, and
// the total follows. Without it "Add rows" is a submit button, and the names appear when the grid comes back.

import { amountWords } from "./amounts.js";

const form = document.querySelector("form[data-deposits]");
const rows = form.querySelector("[data-rows]");
const FIELDS = ["code", "amount", "reference", "document", "remarks"];
const MOST = Number(form.dataset.most);
const PAUSE = 250;
const fieldOf = (row, name) => row.querySelector(`[name=${name}]`);
const say = (text) => (document.querySelector("#announce").textContent = text);
const known = new Map();
let waiting = 0;
let column = "code";

function begin(row, name) {
  column = name;
  fieldOf(row, name).focus();
}

function renumber() {
  [...rows.children].forEach((row, at) => (row.querySelector("[data-number]").textContent = at + 1));
}

function addRow() {
  if (rows.children.length >= MOST) {
    say(`A grid has at most ${MOST} rows. Upload a file for more.`);
    return null;
  }
  rows.append(document.getElementById("blank-row").content.cloneNode(true));
  renumber();
  return rows.lastElementChild;
}

// In paise, so that nothing is rounded; what is no amount counts nothing.
function paise(text) {
  const match = /^([0-9]{1,13})(?:\.([0-9]{1,2}))?$/.exec(text.replace(/[₹,\s]/g, ""));
  return match ? BigInt(match[1]) * 100n + BigInt((match[2] || "").padEnd(2, "0")) : 0n;
}

function addUp() {
  const sum = [...rows.querySelectorAll("[data-amount]")].reduce((total, field) => total + paise(field.value), 0n);
  const [figures, words] = amountWords(`${sum / 100n}.${String(sum % 100n).padStart(2, "0")}`).split(" · ");
  form.querySelector("[data-total]").textContent = figures;
  form.querySelector("[data-words]").textContent = words;
}

function showName(row) {
  const code = fieldOf(row, "code").value.trim();
  const place = row.querySelector("[data-name]");
  const found = code ? known.get(code.toUpperCase()) : null;
  place.textContent = found ? (found.name ?? found.trouble) : "";
  place.className = found?.trouble ? "tone-bad" : "";
  place.title = found?.lane ?? "";
}

async function lookUp() {
  const typed = [...rows.querySelectorAll("[data-code]")].map((field) => field.value.trim().toUpperCase());
  const unknown = [...new Set(typed)].filter((code) => code && !known.has(code));
  if (unknown.length) {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]").value);
    unknown.forEach((code) => body.append("code", code));
    const answer = await fetch(form.dataset.deposits, { method: "POST", body, redirect: "manual" }).catch(() => null);
    if (!answer?.ok) return;
    for (const [code, found] of Object.entries((await answer.json()).names)) known.set(code, found);
  }
  for (const row of rows.children) showName(row);
}

function lookUpSoon() {
  clearTimeout(waiting);
  waiting = setTimeout(lookUp, PAUSE);
}

form.addEventListener("input", (event) => {
  if (event.target.matches("[data-amount]")) addUp();
  if (event.target.matches("[data-code]")) lookUpSoon();
});

// As in a spreadsheet, Enter goes to the next row, to the column that was clicked: Tab goes across from it. A grid that
// ends gets one more row, and a row's last cell leads to its next code.
form.addEventListener("keydown", (event) => {
  const row = event.target.closest?.("[data-row]");
  if (event.key !== "Enter" || !row || !event.target.matches("input")) return;
  event.preventDefault();
  const next = row.nextElementSibling ?? addRow();
  next && begin(next, event.target.name === "remarks" ? "code" : column);
});

form.addEventListener("paste", (event) => {
  const row = event.target.closest?.("[data-row]");
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (!row || !/[\t\n]/.test(text.trim())) return;
  event.preventDefault();
  const lines = text.replace(/\r/g, "").split("\n").filter((line) => line.trim());
  const first = Math.max(0, FIELDS.indexOf(event.target.name));
  let at = row;
  let filled = 0;
  for (const line of lines) {
    if (!at) break;
    line.split("\t").forEach((cell, place) => {
      const name = FIELDS[first + place];
      if (name) fieldOf(at, name).value = cell.trim();
    });
    filled += 1;
    at = filled < lines.length ? (at.nextElementSibling ?? addRow()) : at;
  }
  say(`${filled} rows pasted${filled < lines.length ? `; ${lines.length - filled} did not fit` : ""}`);
  addUp();
  lookUp();
});

form.addEventListener("click", (event) => {
  const remove = event.target.closest("[data-remove]");
  if (remove) {
    const row = remove.closest("tr");
    const next = row.nextElementSibling ?? row.previousElementSibling ?? addRow();
    row.remove();
    next && begin(next, "code");
    renumber();
    addUp();
  } else if (event.target.closest("[data-add]")) {
    event.preventDefault();
    const added = addRow();
    added && begin(added, "code");
  } else if (FIELDS.includes(event.target.name)) column = event.target.name;
});

addUp();
lookUp();
