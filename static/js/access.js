// The access check: shows how far it is while its form is being sent.
"use strict";

document.addEventListener("submit", (event) => {
  if (event.target.id === "check-form" && !event.defaultPrevented) htmx.trigger("#progress", "begin");
});
