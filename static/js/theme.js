// Loaded before the first paint, so that a chosen theme does not flash. Nothing else belongs here.
(function () {
  "use strict";
  let theme = null;
  try {
    theme = localStorage.getItem("theme");
  } catch {
    // Storage may be switched off; the system's theme is used then.
  }
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
})();
