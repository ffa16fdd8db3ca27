/* When htmx gets no answer, or one that it can't show, the page says so instead of standing still. */
for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => {
    const notice = document.getElementById("failed");
    (document.querySelector("dialog[open]") ?? document.getElementById("main")).prepend(notice);
    notice.hidden = false;
  });
}
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target?.matches(".offers")) return; /* suggestions mend nothing */
  document.getElementById("failed").hidden = true;
});
