/* When a passkey isn't given, be it cancelled, unknown or refused by the browser, the page says so. */
document.addEventListener("allauth.error", (event) => {
  event.preventDefault(); /* else allauth writes it to the console */
  document.getElementById("passkey-failed").hidden = false;
});
