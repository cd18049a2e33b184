// The guided tour of Today, one step at a time. The step is kept for as long as the tab is open, since steps lead to
// other pages; that the tour was ended is kept by the server.

const tour = document.querySelector("#tour");
const steps = [...tour.querySelectorAll("[data-tour-step]")];
const back = tour.querySelector("[data-tour-back]");
const next = tour.querySelector("[data-tour-next]");
const place = tour.querySelector("[data-tour-place]");
const kept = `tour-${tour.dataset.person}`;
let at = 0;

function begun() {
  try {
    return Math.min(Number(sessionStorage.getItem(kept)) || 0, steps.length - 1);
  } catch {
    return 0;
  }
}

function show(number) {
  at = number;
  steps.forEach((step, index) => step.classList.toggle("is-current", index === at));
  back.disabled = at === 0;
  next.disabled = at === steps.length - 1;
  place.textContent = `Step ${at + 1} of ${steps.length}`;
  const page = steps[at].querySelector("a")?.pathname;
  for (const link of document.querySelectorAll(".nav a")) link.classList.toggle("is-toured", link.pathname === page);
}

function move(number) {
  show(number);
  // The heading takes the focus, so that a screen reader reads the step.
  steps[at].querySelector("h3").focus();
  try {
    sessionStorage.setItem(kept, at);
  } catch {
    // Storage may be switched off; the tour then begins with its first step on each visit.
  }
}

back.addEventListener("click", () => move(at - 1));
next.addEventListener("click", () => move(at + 1));
tour.classList.add("is-stepped");
show(begun());
