// The list of keys, in which each can be changed; the server remembers them.

import { LoggedOut, Refused } from "./requests.js";
import { isAllowed, isComposing, isPlain, keyOf } from "./keys.js";

const CHANGING = "Press a key";

export class KeySettings {
  #dialog;
  #requests;
  #url;
  #usual = {};
  #keys;
  #used;
  #changing = null;

  /** `used(keys)` is called with the keys whenever they change. */
  constructor({ dialog, requests, url, keys, used }) {
    this.#dialog = dialog;
    this.#requests = requests;
    this.#url = url;
    this.#used = used;
    for (const row of this.#rows) this.#usual[row.dataset.action] = row.dataset.usual;
    this.#keys = { ...this.#usual, ...keys };
    // Before the page's own keys, which then see that this one is taken.
    document.addEventListener("keydown", (event) => this.#pressed(event), { capture: true });
    dialog.addEventListener("click", ({ target }) => this.#clicked(target.closest("[data-keys-act]")));
    dialog.addEventListener("close", () => this.#stop());
    this.#draw();
  }

  get #rows() {
    return [...this.#dialog.querySelectorAll("[data-action]")];
  }

  #row(action) {
    return this.#rows.find((row) => row.dataset.action === action);
  }

  #clicked(button) {
    if (!button) return;
    const action = button.closest("[data-action]")?.dataset.action;
    const all = Object.keys(this.#usual);
    const acts = {
      change: () => this.#start(action),
      none: () => this.#set({ [action]: "" }),
      "all-off": () => this.#set(Object.fromEntries(all.map((name) => [name, ""]))),
      reset: () => this.#set(this.#usual),
    };
    this.#stop();
    acts[button.dataset.keysAct]();
  }

  #start(action) {
    this.#changing = action;
    this.#row(action).querySelector("[data-key]").textContent = CHANGING;
    this.#say(`Press the new key for “${this.#label(action)}”, or Escape to cancel.`);
  }

  #stop() {
    this.#changing = null;
    this.#say("");
    this.#draw();
  }

  #pressed(event) {
    if (!this.#changing || !this.#dialog.open) return;
    if (isComposing(event)) return;
    if (["Shift", "Control", "Alt", "AltGraph", "Meta", "CapsLock", "Tab"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    const action = this.#changing;
    const key = keyOf(event);
    if (key === "Escape") return this.#stop();
    const other = Object.keys(this.#usual).find((name) => name !== action && this.#keys[name] === key);
    if (!isAllowed(key) || !isPlain(event)) {
      this.#say(`“${event.key}” cannot be used. Press another key, or Escape to cancel.`);
    } else if (other) {
      this.#say(`“${key}” is already used for “${this.#label(other)}”. Press another key, or Escape to cancel.`);
    } else {
      this.#stop();
      this.#set({ [action]: key });
    }
  }

  async #set(keys) {
    const before = this.#keys;
    this.#keys = { ...this.#keys, ...keys };
    this.#draw();
    this.#say("Saving…");
    try {
      await this.#requests.put(this.#url, { keys: this.#keys });
      this.#say("Saved.");
    } catch (error) {
      if (error instanceof Refused) {
        this.#keys = before;
        this.#draw();
        this.#say(`Not changed: ${error.message}`);
      } else {
        const why = error instanceof LoggedOut ? "you are logged out" : "the server could not be reached";
        this.#say(`Changed on this page, but not saved: ${why}. Change it again later to save it.`);
      }
    }
  }

  #draw() {
    for (const row of this.#rows) {
      const key = this.#keys[row.dataset.action];
      row.querySelector("[data-key]").textContent = key || "none";
      row.querySelector("[data-keys-act=none]").disabled = key === "";
    }
    for (const hint of document.querySelectorAll("[data-key-of]")) {
      hint.textContent = this.#keys[hint.dataset.keyOf];
      hint.hidden = !hint.textContent;
    }
    this.#used(this.#keys);
  }

  #label(action) {
    return this.#row(action).querySelector("[data-action-label]").textContent;
  }

  #say(text) {
    this.#dialog.querySelector("[data-keys-message]").textContent = text;
  }
}
