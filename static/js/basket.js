// The grid of a basket's lines: scrips are searched as one types, lines are added and removed without a round trip.
// Everything essential works without it: "Add line" is a submit button, and an empty line is not saved.

const form = document.querySelector("form[data-scrips]");
const lines = form.querySelector("[data-lines]");
const CHOSEN = /\b[A-Z]+_[A-Z]+ [0-9]{1,12}$/;
let waiting = 0;
let asked = 0;

async function search(field) {
  const text = field.value.trim();
  if (text.length < 2 || CHOSEN.test(text)) return;
  const mine = ++asked;
  const answer = await fetch(`${form.dataset.scrips}?q=${encodeURIComponent(text)}`);
  if (!answer.ok || mine !== asked) return;
  const { scrips } = await answer.json();
  field.list.replaceChildren(
    ...scrips.map(({ text: value, words }) => Object.assign(document.createElement("option"), { value, label: `${value} · ${words}` })),
  );
}

form.addEventListener("input", (event) => {
  if (!event.target.matches("[data-scrip]")) return;
  clearTimeout(waiting);
  waiting = setTimeout(search, 200, event.target);
});

function renumber() {
  lines.querySelectorAll("[data-number]").forEach((cell, at) => (cell.textContent = at + 1));
}

form.addEventListener("click", (event) => {
  const remove = event.target.closest("[data-remove]");
  if (remove) {
    const row = remove.closest("tr");
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    (next?.querySelector("[data-scrip]") ?? form.querySelector("[data-add]")).focus();
    renumber();
  } else if (event.target.closest("[data-add]")) {
    event.preventDefault();
    const next = Math.max(-1, ...[...lines.children].map((row) => Number(row.dataset.line))) + 1;
    const blank = document.getElementById("blank-line").innerHTML.replaceAll("__index__", next);
    lines.insertAdjacentHTML("beforeend", blank);
    renumber();
    lines.lastElementChild.querySelector("[data-scrip]").focus();
  }
});
