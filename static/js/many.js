// Deciding several of a list: choosing rows with the mouse or with x, and taking the filters along to "all that match".
"use strict";

const all = (selector) => [...document.querySelectorAll(selector)];

function sayHowMany() {
  const boxes = all("[data-pick]");
  const picked = boxes.filter((box) => box.checked).length;
  const words = document.querySelector("[data-picks]");
  words.textContent = picked ? `(${picked})` : "";
  words.closest("button").disabled = picked === 0;
  for (const head of all("[data-pick-all]")) {
    head.disabled = boxes.length === 0;
    head.checked = picked > 0 && picked === boxes.length;
    head.indeterminate = picked > 0 && picked < boxes.length;
  }
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-pick-all]")) all("[data-pick]").forEach((box) => (box.checked = event.target.checked));
  if (event.target.matches("[data-pick], [data-pick-all]")) sayHowMany();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "x" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input:not([type=checkbox]), select, textarea")) return;
  const box = document.querySelector("tr.is-current [data-pick]");
  if (!box) return;
  box.checked = !box.checked;
  sayHowMany();
});

// The filters are in the address; the form for all matching rows takes them from there.
document.getElementById("many").addEventListener("submit", (event) => {
  const form = event.target;
  form.querySelectorAll("[data-filter]").forEach((field) => field.remove());
  if (!event.submitter?.matches("[data-all-that-match]")) return;
  all("[data-pick]").forEach((box) => (box.checked = false));
  for (const [name, value] of new URLSearchParams(location.search)) {
    const field = Object.assign(document.createElement("input"), { type: "hidden", name, value });
    field.dataset.filter = "";
    form.append(field);
  }
});

document.addEventListener("htmx:afterSettle", sayHowMany);
window.addEventListener("pageshow", sayHowMany);
