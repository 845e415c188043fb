import { word } from "./say.js";

// A photo's link leads to its own page; here it opens over this one. Escape and the button close it,
// and the focus goes back to the link, as <dialog> does by itself.
document.addEventListener("click", (e) => {
  const link = e.target.closest?.("a[data-lightbox]");
  if (!link || e.button || e.metaKey || e.ctrlKey || e.shiftKey || !window.HTMLDialogElement) return;
  e.preventDefault();
  const alt = link.querySelector("img")?.alt || "";
  const box = document.createElement("dialog");
  box.className = "lightbox";
  box.setAttribute("aria-label", alt || link.getAttribute("aria-label") || "");
  const img = new Image();
  img.src = link.dataset.lightbox;
  img.alt = alt;
  const close = document.createElement("button");
  close.type = "button";
  close.setAttribute("aria-label", word("close"));
  close.textContent = "✕";
  close.onclick = () => box.close();
  box.append(close, img);
  if (alt) {
    const p = document.createElement("p");
    p.textContent = alt;
    box.append(p);
  }
  box.onclick = (ev) => { if (ev.target === box || ev.target === img) box.close(); };
  box.onclose = () => { box.remove(); link.focus(); };
  document.body.append(box);
  box.showModal();
});
