// Dates, amounts and addresses as people in India type them: 21/1/1985 is a date, 2,50,000 an amount, and the commas
// that ODIN does not take leave an address. Events are delegated, so that cards added later work too.

const changed = (field) => field.dispatchEvent(new Event("input", { bubbles: true }));

// ---- dates -------------------------------------------------------------------------------------------

// DD-MM-YYYY from any separators, from one digit for a day or month, and from eight digits.
const asDate = (text) =>
  text
    .trim()
    .replace(/[-/. ]+/g, "-")
    .replace(/^(\d{2})(\d{2})(\d{4})$/, "$1-$2-$3")
    .replace(/^(\d)-/, "0$1-")
    .replace(/^(\d{2})-(\d)-/, "$1-0$2-");

// While somebody types at the end: the separator comes automatically, and one that is typed as well counts once.
function hyphenate(field, event) {
  if (!event.data || field.selectionStart !== field.value.length) return;
  const text = asDate(field.value)
    .replace(/^(\d{2})(?=\d)/, "$1-")
    .replace(/^(\d{2}-\d{2})(?=\d)/, "$1-");
  field.value = /^\d{2}(-\d{2})?$/.test(text) ? `${text}-` : text;
}

function pick(button) {
  const native = button.nextElementSibling;
  native.value = asDate(native.parentElement.firstElementChild.value).split("-").reverse().join("-");
  native.showPicker();
}

function picked(native) {
  if (!native.value) return;
  const field = native.parentElement.firstElementChild;
  field.value = native.value.split("-").reverse().join("-");
  native.value = "";
  field.focus();
  changed(field);
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

function choosePeriod(button) {
  const { from, to, since, until } = button.dataset;
  const [first, last] = [since, until].map((id) => document.getElementById(id));
  first.value = from;
  last.value = to;
  changed(last);
  last.dispatchEvent(new Event("change", { bubbles: true }));
}

// ---- amounts -----------------------------------------------------------------------------------------

const GROUPED = /^(?:\d{1,2}(?:,\d{2})*,\d{3}|\d{1,3}(?:,\d{3})*|\d+)(?:\.\d{1,4})?$/;

function group(field) {
  const text = field.value.trim().replace(/^₹\s*/, "");
  if (!GROUPED.test(text)) return;
  const [whole, decimals] = text.replaceAll(",", "").split(".");
  field.value = BigInt(whole).toLocaleString("en-IN") + (decimals ? `.${decimals}` : "");
}

// ---- addresses ---------------------------------------------------------------------------------------

function withoutCommas(field) {
  if (!field.value.includes(",")) return;
  field.value = field.value.replace(/\s*,[\s,]*/g, " ").trim();
  const words = "Commas replaced by spaces: ODIN does not take them.";
  const box = field.closest(".field");
  const said = box.querySelector("[data-cleaned]") ?? document.createElement("p");
  Object.assign(said, { className: "field-help", textContent: words }).dataset.cleaned = "";
  field.after(said);
  document.querySelector("#announce").textContent = words;
  changed(field);
}

// ---- files -------------------------------------------------------------------------------------------

// A file over the limit is not taken: the server would refuse it only once all of it was sent.
function refuseLarge(field) {
  const large = field.files.length > 0 && field.files[0].size > Number(field.dataset.most);
  field.nextElementSibling.hidden = !large;
  field.closest(".field").classList.toggle("has-error", large);
  if (large) field.value = "";
}

// ---- all together ------------------------------------------------------------------------------------

document.addEventListener("input", (event) => event.target.matches("[data-date]") && hyphenate(event.target, event), true);
// Before htmx hears of the change, so that the address gets what the field shows.
document.addEventListener(
  "change",
  (event) => {
    const field = event.target;
    if (field.matches("[data-date]")) field.value = asDate(field.value);
    else if (field.matches("[data-rupees]")) group(field);
    else if (field.matches("[data-no-commas]")) withoutCommas(field);
    else if (field.matches("[data-most]")) refuseLarge(field);
    else if (field.matches(".date-picker > [type=date]")) {
      event.stopPropagation();
      picked(field);
    }
  },
  true,
);
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-pick-day], [data-period]");
  if (button) (button.matches("[data-period]") ? choosePeriod : pick)(button);
});
