import { say, word } from "./say.js";

// A form with data-swap="#id" is sent by fetch; the element of that id in the answer takes the place
// of the one on the page, whatever the status: a refusal renders in its place too. Anything that is
// not a page (a crash of the network, a login page without the element) falls back to a plain submit.
export async function swap(form, submitter) {
  const target = form.dataset.swap;
  const old = document.querySelector(target);
  if (!old || form.dataset.busy) return;
  form.dataset.busy = "1";
  const data = new FormData(form, submitter);
  const asFile = form.enctype === "multipart/form-data";
  let fresh, url;
  try {
    const res = await fetch(submitter?.getAttribute("formaction") || form.action, {
      method: "POST",
      headers: { "Halqa-Swap": target.slice(1), Accept: "text/html" },
      body: asFile ? data : new URLSearchParams(data),
    });
    url = res.url;
    const doc = new DOMParser().parseFromString(await res.text(), "text/html");
    fresh = doc.querySelector(target);
    if (!fresh && res.redirected) { location.assign(url); return; }
  } catch { /* the network, not the server: let the browser say so */ }
  delete form.dataset.busy;
  if (!fresh) { say(word("failed")); form.removeAttribute("data-swap"); form.requestSubmit(submitter); return; }
  refresh(fresh.ownerDocument);
  replace(old, fresh);
}

// refresh brings what counts things elsewhere on the page up to what the answer says.
function refresh(doc) {
  for (const el of document.querySelectorAll("[data-fresh][id]")) {
    const now = doc.getElementById(el.id);
    if (now && now.textContent !== el.textContent) el.textContent = now.textContent;
  }
}

// replace puts fresh where old was, with the focus on the control that had it and the scroll kept.
function replace(old, fresh) {
  const at = document.activeElement;
  const held = old.contains(at) && mark(at);
  const top = old.getBoundingClientRect().top;
  fresh = document.adoptNode(fresh);
  old.replaceWith(fresh);
  window.scrollBy(0, fresh.getBoundingClientRect().top - top);
  const problem = fresh.querySelector("[data-focus]");
  if (problem) problem.focus();
  else if (held) (find(fresh, held) || focusable(fresh)).focus({ preventScroll: true });
  say(fresh.dataset.say || fresh.querySelector("[data-say]")?.dataset.say);
  fresh.dispatchEvent(new CustomEvent("swapped", { bubbles: true }));
}

// A control is the same in both versions if its tag, name and place among its likes are.
function mark(el) {
  return { id: el.id, key: el.dataset.key, tag: el.localName, name: el.getAttribute("name") };
}

function find(root, m) {
  if (m.id) return root.querySelector("#" + CSS.escape(m.id));
  if (m.key) return root.querySelector(`[data-key="${CSS.escape(m.key)}"]`);
  return m.name && root.querySelector(`${m.tag}[name="${CSS.escape(m.name)}"]`);
}

function focusable(el) {
  if (!el.hasAttribute("tabindex")) el.tabIndex = -1;
  return el;
}

document.addEventListener("submit", (e) => {
  const form = e.target;
  if (e.defaultPrevented || !form.dataset.swap || !document.querySelector(form.dataset.swap)) return;
  e.preventDefault();
  swap(form, e.submitter);
});
