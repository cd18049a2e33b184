// Rupees while they are typed: in Indian grouping and in words, as `backoffice/kit/formats.py` writes them.

const ONES =
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(" ");
const TENS = ["", "", ..."twenty thirty forty fifty sixty seventy eighty ninety".split(" ")];
const SIZES = [
  [10_000_000n, "crore"],
  [100_000n, "lakh"],
  [1000n, "thousand"],
  [100n, "hundred"],
];

function count(number) {
  const parts = [];
  for (const [size, name] of SIZES) {
    if (number >= size) {
      parts.push(`${count(number / size)} ${name}`);
      number %= size;
    }
  }
  if (number >= 20n) parts.push(TENS[number / 10n] + (number % 10n ? `-${ONES[number % 10n]}` : ""));
  else if (number || !parts.length) parts.push(ONES[number]);
  return parts.join(" ");
}

// "" for what is not yet an amount.
export function amountWords(typed) {
  const match = /^([0-9]{1,13})(?:\.([0-9]{1,2}))?$/.exec(typed.replace(/[₹,\s]/g, ""));
  if (!match) return "";
  const rupees = BigInt(match[1]);
  const paise = (match[2] || "").padEnd(2, "0");
  const words = `Rupees ${count(rupees)}${paise === "00" ? "" : ` and ${count(BigInt(paise))} paise`}`;
  return `₹\u00a0${rupees.toLocaleString("en-IN")}.${paise} · ${words}`;
}

document.addEventListener("input", (event) => {
  const shown = event.target.id && document.querySelector(`output[for="${CSS.escape(event.target.id)}"]`);
  if (shown) shown.textContent = amountWords(event.target.value);
});
