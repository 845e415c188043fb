// A menu is a <details>: it opens without script. Here a click elsewhere or Escape closes it.
function close(except) {
  for (const m of document.querySelectorAll("details.menu[open]")) if (m !== except) m.open = false;
}
document.addEventListener("click", (e) => close(e.target.closest?.("details.menu")));
document.addEventListener("keydown", (e) => {
  if (e.key !== "Escape") return;
  const open = document.querySelector("details.menu[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});
