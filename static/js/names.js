// Lists of names that another field narrows: the templates of the type chosen, the dealers of the group chosen.
// The server puts them into groups; without this script all groups are offered, and a misfit gives a warning.

const beside = (select) => {
  const record = select.name.slice(0, select.name.lastIndexOf("-") + 1);
  return document.getElementsByName(record + select.dataset.namesBy)[0];
};

function narrow(select) {
  const source = beside(select);
  if (!source) return;
  const wanted = [source.value, source.selectedOptions?.[0]?.text];
  for (const group of select.querySelectorAll("optgroup")) {
    const chosen = [...group.children].includes(select.selectedOptions[0]);
    group.hidden = group.disabled = Boolean(source.value) && !wanted.includes(group.label) && !chosen;
  }
}

// A name of another type or group is taken back, unless the one now chosen has it as well.
function chooseAnew(select) {
  const shut = (option) => option.parentElement.matches("optgroup") && option.parentElement.disabled;
  const code = select.value;
  select.value = "";
  narrow(select);
  const fitting = [...select.options].find((option) => option.value === code && !shut(option));
  if (fitting) fitting.selected = true;
}

const narrowed = (within) => within.querySelectorAll("select[data-names-by]");

document.addEventListener("change", (event) => {
  for (const select of narrowed(document)) if (beside(select) === event.target) chooseAnew(select);
});
// A card that was just added is narrowed when somebody comes to it.
document.addEventListener("focusin", (event) => event.target.matches?.("select[data-names-by]") && narrow(event.target));
for (const select of narrowed(document)) narrow(select);
