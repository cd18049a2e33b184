// Copies a code, sends a form that sends itself, and fetches the page again every 5 seconds unless somebody is busy
// with it or it is to be left as it is.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  button.textContent = "Copied";
});
document.querySelector("form[data-send]")?.submit();
setInterval(async () => {
  const main = document.querySelector("main");
  const busy = document.hidden || main.querySelector("details[open], [data-hold]") || !getSelection().isCollapsed
    || document.activeElement.closest("main a, main button, main summary, main select, main input");
  if (busy) return;
  try {
    const answer = await fetch(location.href);
    const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
    if (next) main.replaceWith(next);
  } catch {
    // The stand-in is away for a moment; the next turn tries again.
  }
}, 5000);
