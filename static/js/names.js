/* Fields of names: what is offered while one types (members/suggestions.html) takes the place of the line typed. */
const FIELD = ".names .input";

function lineOf({ value, selectionEnd }) {
  const end = value.indexOf("\n", selectionEnd);
  return [value.lastIndexOf("\n", selectionEnd - 1) + 1, end < 0 ? value.length : end];
}

function choose(offer) {
  const offers = offer.closest(".offers");
  const field = offers.parentElement.querySelector(FIELD);
  const isLast = lineOf(field)[1] === field.value.length;
  field.setRangeText(offer.value + (field.matches("textarea") && isLast ? "\n" : ""), ...lineOf(field), "end");
  field.focus();
  offers.replaceChildren();
}

document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.elt.matches(FIELD)) detail.parameters[detail.elt.name] = detail.elt.value.slice(...lineOf(detail.elt));
});

document.addEventListener("mousedown", (event) => {
  if (event.target.closest(".offers")) event.preventDefault(); /* the field keeps the focus */
});

document.addEventListener("click", (event) => {
  const offer = event.target.closest(".offers button");
  if (offer) choose(offer);
});

/* Arrows lead to the offers and back, Escape puts them away. */
document.addEventListener("keydown", (event) => {
  const names = event.target.closest?.(".names");
  const offers = [...(names?.querySelectorAll(".offers button") ?? [])];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!offers.length || !(step || event.key === "Escape")) return;
  const here = offers.indexOf(event.target);
  if (here < 0 && step < 0) return;
  event.preventDefault();
  (offers[here + step] ?? names.querySelector(FIELD)).focus();
  if (!step) names.querySelector(".offers").replaceChildren();
});

/* Suggestions lead nobody away once the session has ended. */
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { elt, xhr } = event.detail;
  if (elt.matches(FIELD) && xhr.getResponseHeader("HX-Redirect")) event.preventDefault();
});
