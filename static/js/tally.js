// Deciding several changes: the buttons say how many are ticked, and how many rupees they come to.
"use strict";

// In paise, since rupees as fractions do not add up.
function paise(text) {
  const [rupees, fraction = ""] = text.split(".");
  return BigInt(rupees) * 100n + BigInt(fraction.padEnd(2, "0").slice(0, 2));
}

function rupees(amount) {
  const whole = (amount / 100n).toLocaleString("en-IN");
  return `₹\u00a0${whole}.${String(amount % 100n).padStart(2, "0")}`;
}

function tally() {
  const ticked = [...document.querySelectorAll("[data-tally]")].filter((box) => box.checked);
  const total = ticked.reduce((sum, box) => sum + paise(box.dataset.tally), 0n);
  const changes = `${ticked.length} change${ticked.length === 1 ? "" : "s"}`;
  for (const label of document.querySelectorAll("[data-tallied]")) {
    const money = label.dataset.tallied === "Approve" && total > 0n ? ` (${rupees(total)})` : "";
    label.textContent = `${label.dataset.tallied} ${changes}${money}`;
  }
}

document.addEventListener("change", tally);
window.addEventListener("pageshow", tally);
