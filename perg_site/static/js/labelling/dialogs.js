// Dialogs of the screen: reasons for a skip or a flag, the guidelines, the keys.

import { isComposing, isPlain, latinKeyOf } from "./keys.js";

/**
 * Ask for a reason and a note; `decided(reason, note)` gets them. Nothing is chosen for anybody: Enter without a reason
 * says that one is missing. What was entered stays while the same task is in view.
 */
export class ReasonDialog {
  #dialog;
  #form;
  #message;
  #task = null;

  constructor(dialog, decided) {
    this.#dialog = dialog;
    this.#form = dialog.querySelector("form");
    this.#form.noValidate = true; // The message is ours: it says which keys choose.
    this.#message = dialog.querySelector("[data-reason-message]");
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const { reason, note } = this.#form.elements;
      if (!reason.value) return this.#ask();
      const values = [reason.value, note.value];
      this.#clear();
      dialog.close();
      return decided(...values);
    });
    this.#form.addEventListener("input", () => this.#say(""));
    dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
    dialog.addEventListener("keydown", (event) => this.#pressed(event));
  }

  /** `task` is what the reason is about. */
  open(task) {
    if (task !== this.#task) this.#clear();
    this.#task = task;
    this.#say("");
    this.#dialog.showModal();
    (this.#form.querySelector("[name=reason]:checked") ?? this.#reasons[0]).focus();
  }

  get #reasons() {
    return [...this.#form.querySelectorAll("[name=reason]")];
  }

  #pressed(event) {
    if (isComposing(event)) return;
    const isNote = event.target === this.#form.elements.note;
    if (event.key === "Enter" && event.repeat && !isNote) {
      event.preventDefault(); // Held since before the dialog was there.
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.repeat) {
      event.preventDefault();
      this.#form.requestSubmit();
    } else if (!isNote && isPlain(event)) {
      const input = this.#reasons[(latinKeyOf(event) || event.key) - 1];
      if (input) input.checked = true;
      input?.focus();
      if (input) this.#say("");
    }
  }

  #ask() {
    this.#say(`Choose a reason first: 1 to ${this.#reasons.length}.`);
    this.#reasons[0].focus();
  }

  #clear() {
    this.#form.reset();
    this.#say("");
  }

  #say(text) {
    this.#message.textContent = text;
  }
}

/** A dialog that one key opens and closes. */
export function toggle(dialog, isModal = true) {
  if (!dialog) return;
  if (dialog.open) dialog.close();
  else if (isModal) dialog.showModal();
  else dialog.show();
}

/** Escape closes a dialog that lies beside the page, too; a browser closes only what covers it. */
export function closesWithEscape(dialog) {
  dialog?.addEventListener("keydown", (event) => {
    if (event.key === "Escape") dialog.close();
  });
  dialog?.querySelector("[data-close]")?.addEventListener("click", () => dialog.close());
}

export function openDialog() {
  return document.querySelector("dialog[open]:modal");
}
