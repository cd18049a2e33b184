// The grid of wrong rows: a cell is sent when it is left (see the template); here are the keys, and what is shown of it.
"use strict";

const cells = () => [...document.querySelectorAll("#fix :is(input, select)[id^='cell-']")];
const saidOf = (cell) => document.getElementById(cell.id.replace("cell-", "said-"));

function showStates() {
  for (const cell of cells()) {
    if (saidOf(cell)?.dataset.state === "error") cell.setAttribute("aria-invalid", "true");
    else cell.removeAttribute("aria-invalid");
  }
}

// To the next cell with an error, or the one before, and round again; from the only one to the next page of rows, or
// nowhere: the focus stays. To leave a cell saves it.
function move(from, step) {
  const wrong = cells().filter((cell) => cell === from || cell.getAttribute("aria-invalid"));
  const onward = wrong.length === 1 && step > 0 && document.getElementById("fix-next");
  const next = onward || wrong.at((wrong.indexOf(from) + step) % wrong.length);
  from.blur();
  next.focus();
  next.select?.();
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("#fix [id^='cell-']")) return;
  event.preventDefault();
  move(event.target, event.shiftKey ? -1 : 1);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-use]");
  if (!button) return;
  const cell = document.getElementById(button.dataset.for);
  cell.value = button.dataset.use;
  cell.focus();
  cell.dispatchEvent(new Event("change", { bubbles: true }));
});

// Reports a value that did not reach the server, before somebody relies on it.
function notSaved(event) {
  const cell = event.detail.elt;
  const said = cell.id?.startsWith("cell-") && saidOf(cell);
  if (!said) return;
  said.dataset.state = "error";
  const words = Object.assign(document.createElement("p"), { className: "finding finding-error", textContent: "Not saved. Change it once more to save it." });
  said.querySelectorAll("p").forEach((old) => old.remove());
  said.append(words);
  showStates();
}
document.addEventListener("htmx:sendError", notSaved);
document.addEventListener("htmx:responseError", notSaved);

document.addEventListener("htmx:afterRequest", (event) => {
  if (!event.detail.elt.id?.startsWith("cell-") || !event.detail.successful) return;
  showStates();
  const words = saidOf(event.detail.elt)?.innerText.trim();
  const left = document.getElementById("fix-left")?.textContent;
  document.getElementById("announce").textContent = [words, left].filter(Boolean).join(". ");
});

showStates();
document.querySelector("#fix [aria-invalid]")?.focus({ preventScroll: true });
