// What somebody is writing is kept as a draft when they leave the page or look away. The form's button does
// the same; files that are not uploaded yet are not kept. Only what was typed on this page counts: a browser
// that fills a form in again, after what it held was sent, makes no draft of it.
const typed = new Set();

document.addEventListener("input", (e) => {
  const form = e.target.form;
  if (form?.hasAttribute("data-draft")) typed.add(form);
});
document.addEventListener("submit", (e) => typed.delete(e.target), true);

function keep() {
  for (const form of typed) {
    typed.delete(form);
    if (!form.isConnected) continue;
    let data = new FormData(form);
    for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
    data.set("do", "leave");
    if (form.enctype !== "multipart/form-data") data = new URLSearchParams(data);
    if (!navigator.sendBeacon(form.action, data)) fetch(form.action, { method: "POST", body: data }).catch(() => {}); // a long text
  }
}
document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") keep(); });
addEventListener("pagehide", keep);
