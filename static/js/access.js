// The access check: shows how far it is while its form is being sent, and prints its result.
"use strict";

document.addEventListener("submit", (event) => {
  if (event.target.id === "check-form") htmx.trigger("#progress", "begin");
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
