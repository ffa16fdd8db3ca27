/* Fields of names: what is offered while one types (members/suggestions.html) takes the place of the line typed. */
const FIELD = ".offered .input";
const askedFor = new WeakMap(); /* the field: where the line begins that its offers are for */

function lineOf({ value, selectionEnd }) {
  const end = value.indexOf("\n", selectionEnd);
  return [value.slice(0, selectionEnd).lastIndexOf("\n") + 1, end < 0 ? value.length : end];
}

function hasLeft(field) {
  return lineOf(field)[0] !== askedFor.get(field);
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
  if (!detail.elt.matches(FIELD)) return;
  const line = lineOf(detail.elt);
  askedFor.set(detail.elt, line[0]);
  detail.parameters[detail.elt.name] = detail.elt.value.slice(...line);
});

/* Offers are for one line: once the caret is in another, they go, and those on their way don't come. */
document.addEventListener("selectionchange", () => {
  const field = document.activeElement;
  if (field?.matches(FIELD) && hasLeft(field)) field.closest(".offered").querySelector(".offers").replaceChildren();
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
  const names = event.target.closest?.(".offered");
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
  if (elt.matches(FIELD) && (xhr.getResponseHeader("HX-Redirect") || hasLeft(elt))) event.preventDefault();
});
