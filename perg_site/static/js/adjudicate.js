// Keys of the adjudication page. Everything works without them, and they rest while somebody types.

import { isComposing, isPlain, keyOf, latinKeyOf } from "./labelling/keys.js";

const form = document.querySelector("[data-adjudication]");
const next = document.querySelector("[data-next]");
const isTyping = (element) => element.closest("textarea, input:not([type=radio]), select, [contenteditable]") !== null;

document.addEventListener("keydown", (event) => {
  if (event.repeat || isComposing(event)) return;
  if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit(form.querySelector(".button-primary"));
    return;
  }
  if (!isPlain(event) || isTyping(event.target)) return;
  const key = latinKeyOf(event) || keyOf(event);
  const score = form?.querySelector(`input[name=score][value="${CSS.escape(key)}"]`);
  if (score) {
    score.checked = true;
    score.focus();
  } else if (form && key === "r") {
    event.preventDefault();
    form.elements.rationale.focus();
  } else if (next && key === "n") {
    next.click();
  }
});

// A second press while the first is under way is not a second decision.
form?.addEventListener("submit", (event) => {
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  if (form) delete form.dataset.sent;
});
