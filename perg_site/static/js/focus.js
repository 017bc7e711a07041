// A fragment that is exchanged while the focus is in it. htmx gives the focus back to what has the same id in the new one;
// without an id, what is alike takes it, and where there is nothing alike any more, the fragment itself. Otherwise it would
// fall back to the page, and the keyboard and the screen reader would begin at the top again.

let lost = null;

// What a person would know a thing by: where it leads, or what it is called and does.
function likeness(element) {
  const name = element.getAttribute("aria-label") ?? element.getAttribute("aria-labelledby") ?? element.textContent.trim();
  return [element.tagName, element.getAttribute("href") ?? `${name} ${element.form?.getAttribute("action")}`].join(" ");
}

function remember({ type, detail: { target } }) {
  const focused = document.activeElement;
  if (type === "htmx:beforeSwap") lost = null;
  if (target.contains(focused)) lost = { likeness: likeness(focused), target, parent: target.parentElement };
}

function restore({ target: fragment }) {
  if (!lost || document.activeElement !== document.body) return;
  const root = lost.target.isConnected ? lost.target : lost.parent;
  if (!root.contains(fragment)) return;
  const alike = [...root.querySelectorAll("a, button, input, select, textarea, summary, [tabindex]")];
  let successor = alike.find((element) => likeness(element) === lost.likeness);
  if (!successor) {
    successor = lost.target.isConnected ? lost.target : fragment;
    successor.dataset.holdsFocus = "";
    successor.tabIndex = -1;
  }
  lost = null;
  successor.focus({ preventScroll: true });
}

for (const type of ["htmx:beforeSwap", "htmx:oobBeforeSwap"]) document.body.addEventListener(type, remember);
for (const type of ["htmx:afterSwap", "htmx:oobAfterSwap"]) document.body.addEventListener(type, restore);
