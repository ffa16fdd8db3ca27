/* Fields of names: a pasted list keeps its names apart, and suggestions lead nobody away once the session has ended. */
const NAMES = "input[list]";

document.addEventListener("paste", (event) => {
  const text = event.clipboardData.getData("text").trim();
  const field = event.target;
  if (!field.matches?.(NAMES) || !/[\r\n]/.test(text)) return;
  event.preventDefault();
  field.setRangeText(text.replace(/\s*[\r\n]+\s*/g, ", "), field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { elt, xhr } = event.detail;
  if (elt.matches(NAMES) && xhr.getResponseHeader("HX-Redirect")) event.preventDefault();
});
