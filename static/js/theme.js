// The buttons in the foot choose the theme by a form; here it changes at once and the form is sent
// behind it, so that the next page and the server know.
document.addEventListener("submit", (e) => {
  const form = e.target;
  if (!form.matches("[data-theme-form]") || !e.submitter) return;
  e.preventDefault();
  const root = document.documentElement;
  const theme = e.submitter.value;
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  else delete root.dataset.theme;
  for (const b of form.querySelectorAll("button")) b.setAttribute("aria-pressed", String(b === e.submitter));
  fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form, e.submitter)), redirect: "manual" })
    .catch(() => form.submit());
});
