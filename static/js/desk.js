// The forms of an order and of a modification: fields that the chosen order type and validity do not have are out of the way. Without this
// script all of them are there, and what does not belong is refused in words.
"use strict";

const ticket = document.getElementById("ticket") ?? document.getElementById("modify");
const NEEDED = {
  price: () => ["RL", "SL"].includes(ticket.order_type.value),
  trigger_price: () => ["SL", "SL-MKT"].includes(ticket.order_type.value),
  about_price: () => ticket.order_type.value === "RL-MKT",
  validity_days: () => ticket.validity?.value === "GTD",
};

function arrange() {
  for (const [name, needed] of Object.entries(NEEDED)) {
    const field = ticket.elements[name];
    if (!field) continue;
    const shown = needed();
    field.closest(".field").classList.toggle("is-idle", !shown);
    if (!shown) field.value = "";
  }
}

ticket.addEventListener("change", arrange);
arrange();
