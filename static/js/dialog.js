/* Opens the page of a link with {% in_dialog %} in the dialog over the page. htmx loads it, and sends its forms. */
const OPENER = "dialog-opener";
const dialog = document.getElementById("dialog");
const part = document.getElementById("dialog-part");
let opener;

function focusOn(link) {
  const menu = link.closest("[popover]");
  (menu ? document.querySelector(`[popovertarget="${menu.id}"]`) : link).focus({ preventScroll: true });
}

/* A form that is done leads to a page. That under the dialog is loaded again instead: its place in a list stays. */
function stay(event) {
  const { elt, xhr } = event.detail;
  const isDone = elt.matches("form") && part.contains(elt) && xhr.getResponseHeader("HX-Redirect");
  if (!isDone || opener.dataset.dialog === "leave") return;
  event.preventDefault();
  sessionStorage.setItem(OPENER, opener.getAttribute("href"));
  location.replace(location.pathname + location.search); /* a reload would send again what this page answered */
}

/* Pages of errors (409, 422, 403, …) are shown as they come. Where no such page came, the form stays, and failed.js
   says so. */
function takeErrors({ detail }) {
  if (detail.target !== part || detail.xhr.status >= 500) return;
  const came = new DOMParser().parseFromString(detail.serverResponse, "text/html");
  if (detail.xhr.status >= 400 && !came.querySelector("#main > :is(.head, .body)")) return;
  detail.shouldSwap = true;
  detail.isError = false;
}

function show({ detail }) {
  if (detail.target !== part) return;
  opener = detail.requestConfig.elt.closest("[data-dialog]") ?? opener;
  const heading = part.querySelector("h1");
  if (!heading) return location.assign(detail.xhr.responseURL); /* no page with a form */
  heading.id = "dialog-title";
  for (const form of part.querySelectorAll("form")) {
    if (!form.getAttribute("action")) form.action = detail.xhr.responseURL;
    for (const { name, value } of opener.attributes) {
      if (name.startsWith("hx-")) form.setAttribute(name, value);
    }
  }
  if (!dialog.open) dialog.showModal();
}

if (dialog) {
  document.addEventListener("htmx:beforeOnLoad", stay);
  document.addEventListener("htmx:beforeSwap", takeErrors);
  document.addEventListener("htmx:afterSwap", show);
  dialog.addEventListener("close", () => {
    part.replaceChildren();
    focusOn(opener);
  });
  dialog.addEventListener("click", (event) => {
    if (!event.target.closest("#dialog-close, form .row > a")) return; /* a link beside a form's button leads out */
    event.preventDefault();
    dialog.close();
  });
  const before = sessionStorage.getItem(OPENER);
  const link = before && document.querySelector(`[data-dialog][href="${CSS.escape(before)}"]`);
  sessionStorage.removeItem(OPENER);
  if (link) focusOn(link);
}
