// What every list does beside its links: columns are put in order by buttons, and a table that is wider than its place
// is moved sideways there. A table that fits has no box of its own, so that its head stays on screen; that of a wide one
// is moved along with the page.
"use strict";

const all = (selector, from = document) => [...from.querySelectorAll(selector)];

// ---- the order of columns: the numbers of the form follow the rows ------------------------------------

function move(button) {
  const row = button.closest("[data-column]");
  const other = button.dataset.move === "1" ? row.nextElementSibling : row.previousElementSibling;
  if (!other?.querySelector("[data-move]")) return;
  if (button.dataset.move === "1") other.after(row);
  else other.before(row);
  all("[data-column]", row.parentElement).forEach((each, index) => {
    const place = each.querySelector("input[type=number]");
    if (place) place.value = index + 1;
  });
  button.focus();
  const places = all("[data-column]", row.parentElement);
  document.getElementById("announce").textContent = `Place ${places.indexOf(row) + 1} of ${places.length}`;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-move]");
  if (button) move(button);
});

// ---- tables that are too wide for their place -----------------------------------------------------------

function fit() {
  for (const box of all(".table-tall")) {
    box.classList.remove("is-wide");
    const wide = box.firstElementChild.offsetWidth > box.clientWidth + 1;
    box.classList.toggle("is-wide", wide);
    box.tabIndex = wide ? 0 : -1;
  }
  follow();
}

function follow() {
  const line = document.querySelector(".top").getBoundingClientRect().bottom;
  for (const box of all(".table-tall")) {
    const head = box.querySelector("thead");
    if (!head) continue;
    const place = box.getBoundingClientRect();
    const down = Math.min(line - place.top, place.height - 2 * head.offsetHeight);
    head.style.transform = box.classList.contains("is-wide") && down > 0 ? `translateY(${down}px)` : "";
  }
}

document.addEventListener("htmx:afterSettle", fit);
window.addEventListener("resize", fit);
document.addEventListener("scroll", follow, { passive: true });
fit();
