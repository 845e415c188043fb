import { say, word } from "./say.js";

// Photos in the composer: a preview and a field for the description of each chosen file at once, and
// the progress of the upload while the form is sent. Without it the form goes out as it is, and the
// second step asks for the descriptions.
const meter = `<svg class="meter" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="10"/>` +
  `<circle class="v" cx="12" cy="12" r="10" pathLength="100" stroke-dasharray="0 100" transform="rotate(-90 12 12)"/></svg>`;

function slots(input) {
  const list = document.getElementById(input.dataset.slots);
  const model = document.getElementById(input.dataset.slots + "-model");
  if (!list || !model) return;
  for (const img of list.querySelectorAll("img")) URL.revokeObjectURL(img.src);
  list.replaceChildren();
  const limit = Number(input.dataset.limit) || Infinity;
  [...input.files].forEach((file, i) => {
    const slot = model.content.cloneNode(true);
    const img = slot.querySelector("img");
    img.src = URL.createObjectURL(file);
    const field = slot.querySelector("textarea");
    field.id = `alt-${i}`;
    slot.querySelector("label").htmlFor = field.id;
    slot.querySelector("[data-file]").textContent = file.name;
    if (file.size > limit) slot.querySelector("[data-big]").hidden = false;
    list.append(slot);
  });
  if (input.files.length) say(list.dataset.say);
}

function send(form, submitter) {
  const data = new FormData(form, submitter);
  const line = form.querySelector("[data-progress]");
  const req = new XMLHttpRequest(); // fetch cannot say how far an upload is
  req.open("POST", form.action);
  req.setRequestHeader("Accept", "text/html");
  req.setRequestHeader("Halqa-Swap", "page"); // the page that this leads to is opened once more, and says then what was done
  req.responseType = "document";
  if (line) { line.hidden = false; line.innerHTML = meter + "<span></span>"; }
  let said = 0;
  req.upload.onprogress = (e) => {
    if (!e.lengthComputable || !line) return;
    const done = Math.round(e.loaded / e.total * 100);
    line.querySelector(".v").setAttribute("stroke-dasharray", `${done} 100`);
    line.querySelector("span").textContent = `${word("sending")} ${done}%`;
    if (done - said >= 25) { said = done; say(line.textContent); }
  };
  req.onload = () => {
    const main = req.response?.querySelector("main");
    if (req.status < 300 && req.responseURL !== form.action) { location.assign(req.responseURL); return; }
    if (!main) { form.submit(); return; }
    document.querySelector("main").replaceWith(document.adoptNode(main));
    document.querySelector("main [data-focus]")?.focus();
  };
  req.onerror = () => { if (line) line.textContent = word("failed"); say(word("failed")); submitter?.removeAttribute("disabled"); };
  req.send(data);
  submitter?.setAttribute("disabled", "");
}

document.addEventListener("change", (e) => {
  if (e.target.matches?.("input[type=file][data-slots]")) slots(e.target);
});
document.addEventListener("submit", (e) => {
  const form = e.target;
  const files = form.querySelector?.("input[type=file][data-slots]");
  if (e.defaultPrevented || !files?.files.length) return;
  e.preventDefault();
  send(form, e.submitter);
});
