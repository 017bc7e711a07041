// Keys: one press, one act; muted while typing; each person's own.

const NAMED = new Set(["Enter", "Backspace", "Delete", "Insert", "Home", "End", "F2", "F4", "F8", "F9"]);
const MODIFIERS = new Set(["Shift", "Control", "Alt", "AltGraph", "Meta", "CapsLock"]);
const TYPING = "textarea, select, input:not([type=radio], [type=checkbox]), [contenteditable]";
const OF_AN_INPUT_METHOD = 229; // Safari's Enter that ends a composition: `isComposing` is false there.

/** The key of an event by the name that settings use: Caps Lock and Shift make no other letter of it. */
export function keyOf({ key }) {
  return key.length === 1 ? key.toLowerCase() : key;
}

/** The Latin letter or digit on the same key, where the layout gives another character there; else "". */
export function latinKeyOf({ key, code, shiftKey }) {
  if (key.length !== 1 || shiftKey || /[a-z0-9]/i.test(key)) return "";
  const [, letter = "", digit = ""] = /^(?:Key([A-Z])|(?:Digit|Numpad)([0-9]))$/.exec(code) ?? [];
  const isOfAnotherScript = key.charCodeAt(0) > 127;
  return digit || (isOfAnotherScript ? letter.toLowerCase() : "");
}

/** Whether a key types a character or acts by itself: no shortcut of the browser. AltGr only chooses a character. */
export function isPlain(event) {
  return event.getModifierState("AltGraph") || !(event.ctrlKey || event.metaKey || event.altKey);
}

/** Whether the event is part of composing a character, as for Chinese or Japanese. */
export function isComposing(event) {
  return event.isComposing || event.keyCode === OF_AN_INPUT_METHOD;
}

export function isAllowed(key) {
  return NAMED.has(key) || (key.length === 1 && key.trim() === key);
}

export class Keys {
  #actions;
  #canAct;
  #choice;
  #keys = {};
  #held = new Set();

  /**
   * `actions` maps names to functions; `canAct(name)` says whether one may act now. `choice(event)` gives what a key does
   * in the form in view, which comes first, or null.
   */
  constructor({ actions, canAct, choice = () => null }) {
    this.#actions = actions;
    this.#canAct = canAct;
    this.#choice = choice;
    document.addEventListener("keydown", (event) => this.#pressed(event));
    document.addEventListener("keyup", (event) => this.#released(event));
    addEventListener("blur", () => this.#held.clear());
  }

  use(keys) {
    this.#keys = keys;
  }

  #pressed(event) {
    if (isComposing(event) || event.defaultPrevented || MODIFIERS.has(event.key)) return;
    const { target } = event;
    const key = keyOf(event);
    const isTyping = target.matches(TYPING);
    const isHeld = this.#isHeld(event);
    // Enter, held on a button or a score, would otherwise press it again and again.
    if (isHeld && !isTyping && key === "Enter") return event.preventDefault();
    if (key === "Enter" && (event.ctrlKey || event.metaKey)) {
      if (!isHeld && this.#canAct("submit")) this.#act("submit", event);
    } else if (isTyping && key === "Escape") {
      target.blur();
    } else if (!isTyping && isPlain(event)) {
      const choose = this.#canAct("choice") && this.#choice(event);
      if (choose) {
        event.preventDefault();
        if (!isHeld) choose();
        return;
      }
      const name = this.#nameOf(event);
      if (!name || !this.#canAct(name)) return;
      if (key === "Enter" && target.closest("a, button, summary")) return; // It presses what has the focus.
      if (isHeld) event.preventDefault();
      else this.#act(name, event);
    }
  }

  /**
   * Whether the key was down before. By its place on the keyboard: with Shift or another layout, a key that goes up may
   * give another character. A Mac sends no keyup of what is released while Command is down; it does say what repeats.
   */
  #isHeld(event) {
    const place = event.code || keyOf(event);
    const isHeld = event.repeat || (!event.metaKey && this.#held.has(place));
    if (!event.metaKey) this.#held.add(place);
    return isHeld;
  }

  #released(event) {
    if (event.key === "Meta") this.#held.clear();
    else this.#held.delete(event.code || keyOf(event));
  }

  #nameOf(event) {
    const names = Object.keys(this.#actions);
    const by = (key) => names.find((action) => this.#keys[action] === key);
    const latin = latinKeyOf(event);
    return by(keyOf(event)) ?? (latin && by(latin));
  }

  #act(name, event) {
    event.preventDefault();
    this.#actions[name]();
  }
}
