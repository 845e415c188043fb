// say reads a sentence to screen readers without moving the focus.
// The region must be empty for a moment, or the same words twice are not read again.
export function say(text) {
  const region = document.getElementById("live");
  if (!region || !text) return;
  region.textContent = "";
  setTimeout(() => { region.textContent = text; }, 60);
}

// word returns a sentence of the page's language, kept on <body> as data-say-*.
export function word(name) {
  return document.body.dataset["say" + name[0].toUpperCase() + name.slice(1)] || "";
}
