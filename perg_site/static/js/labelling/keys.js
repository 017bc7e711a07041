// Keys: one press, one act; muted while typing; each person's own.

const NAMED = new Set(["Enter", "Backspace", "Delete", "Insert", "Home", "End", "F2", "F4", "F8", "F9"]);
const MODIFIERS = new Set(["Shift", "Control", "Alt", "AltGraph", "Meta", "CapsLock"]);
const TYPING = "textarea, select, input:not([type=radio], [type=checkbox]), [contenteditable]";

/** The key of an event by the name that settings use: Caps Lock and Shift make no other letter of it. */
export function keyOf({ key }) {
  return key.length === 1 ? key.toLowerCase() : key;
}

export function isAllowed(key) {
  return NAMED.has(key) || (key.length === 1 && key.trim() === key);
}

export class Keys {
  #actions;
  #canAct;
  #keys = {};
  #held = new Set();

  /** `actions` maps names to functions; `canAct(name)` says whether one may act now. */
  constructor({ actions, canAct }) {
    this.#actions = actions;
    this.#canAct = canAct;
    document.addEventListener("keydown", (event) => this.#pressed(event));
    document.addEventListener("keyup", (event) => this.#held.delete(keyOf(event)));
    addEventListener("blur", () => this.#held.clear());
  }

  use(keys) {
    this.#keys = keys;
  }

  #pressed(event) {
    if (event.isComposing || event.defaultPrevented || MODIFIERS.has(event.key)) return;
    const { target } = event;
    const key = keyOf(event);
    const isTyping = target.matches(TYPING);
    const isHeld = event.repeat || this.#held.has(key);
    this.#held.add(key);
    // Enter, held on a button or a score, would otherwise press it again and again.
    if (isHeld && !isTyping && key === "Enter") return event.preventDefault();
    if (key === "Enter" && (event.ctrlKey || event.metaKey)) {
      if (!isHeld && this.#canAct("submit")) this.#act("submit", event);
    } else if (isTyping && key === "Escape") {
      target.blur();
    } else if (!isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const name = Object.keys(this.#actions).find((action) => this.#keys[action] === key);
      if (!name || !this.#canAct(name)) return;
      if (key === "Enter" && target.closest("a, button, summary")) return; // It presses what has the focus.
      if (isHeld) event.preventDefault();
      else this.#act(name, event);
    }
  }

  #act(name, event) {
    event.preventDefault();
    this.#actions[name]();
  }
}
