// Dialogs of the screen: reasons for a skip or a flag, the guidelines, the keys.

/** Ask for a reason and a note; `decided(reason, note)` gets them. What was typed stays when it is closed. */
export class ReasonDialog {
  #dialog;
  #form;

  constructor(dialog, decided) {
    this.#dialog = dialog;
    this.#form = dialog.querySelector("form");
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const { reason, note } = this.#form.elements;
      const values = [reason.value, note.value];
      this.#form.reset();
      dialog.close();
      decided(...values);
    });
    dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
    dialog.addEventListener("keydown", (event) => {
      const isNote = event.target === this.#form.elements.note;
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.repeat) {
        event.preventDefault();
        this.#form.requestSubmit();
      } else if (!isNote && !event.ctrlKey && !event.metaKey && !event.altKey && event.key >= "1" && event.key <= "9") {
        const input = this.#form.querySelectorAll("[name=reason]")[event.key - 1];
        if (input) input.checked = true;
        input?.focus();
      }
    });
  }

  open() {
    this.#dialog.showModal();
    this.#form.querySelector("[name=reason]").focus();
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
