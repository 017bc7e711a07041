// What the annotator has to know or decide: each notice is said once, and stays until its cause is gone.

export class Notices {
  #root;

  constructor(root) {
    this.#root = root;
  }

  /** Show a notice, unless it is there already (then false); `choices` maps words on buttons to functions, `links` words to addresses (in a new tab). */
  show(id, { text, choices = {}, links = {}, kind = "warning" }) {
    const shown = this.#find(id);
    if (shown?.dataset.text === text) return false;
    const notice = document.createElement("div");
    notice.className = `notice notice-${kind}`;
    notice.dataset.notice = id;
    notice.dataset.text = text;
    notice.append(Object.assign(document.createElement("p"), { textContent: text }));
    const actions = document.createElement("p");
    actions.className = "actions";
    for (const [words, act] of Object.entries(choices)) actions.append(button(words, act));
    for (const [words, address] of Object.entries(links)) actions.append(link(words, address));
    if (actions.childElementCount) notice.append(actions);
    if (shown) shown.replaceWith(notice);
    else this.#root.append(notice);
    return true;
  }

  clear(id) {
    const shown = this.#find(id);
    if (!shown) return;
    // The focus goes to the page's heading, not to nowhere, when the button that has it goes.
    if (shown.contains(document.activeElement)) document.querySelector("[data-heading]")?.focus({ preventScroll: true });
    shown.remove();
  }

  /** Take away the notices whose id starts so and that are not among those to keep. */
  clearOthers(start, keep) {
    for (const shown of this.#root.querySelectorAll(`[data-notice^="${start}"]`)) {
      if (!keep.includes(shown.dataset.notice)) this.clear(shown.dataset.notice);
    }
  }

  #find(id) {
    return this.#root.querySelector(`[data-notice="${CSS.escape(id)}"]`);
  }
}

function button(words, act) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: words });
  made.addEventListener("click", act);
  return made;
}

function link(words, href) {
  return Object.assign(document.createElement("a"), { className: "button", href, target: "_blank", rel: "noopener", textContent: words });
}

let announcement;

/** Say something to screen readers, when the page has come to rest. */
export function announce(text) {
  const announcer = document.querySelector("[data-announcer]");
  announcer.textContent = "";
  clearTimeout(announcement);
  announcement = setTimeout(() => (announcer.textContent = text), 100); // The same words twice are said twice.
}
