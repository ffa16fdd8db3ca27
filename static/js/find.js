/* "/" leads to the search of the navigation, unless one types elsewhere. */
document.addEventListener("keydown", (event) => {
  const find = document.getElementById("find");
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey || !find?.checkVisibility()) return;
  event.preventDefault();
  find.focus();
});
