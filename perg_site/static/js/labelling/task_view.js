// The task in the page: fills in what the server says of it, and reads what is entered.

import { contentOf } from "./draft.js";

export class TaskView {
  #root;
  #form;

  constructor(root) {
    this.#root = root;
    this.#form = root.querySelector("[data-label-form]");
    this.#form.noValidate = true; // Messages are ours: they say what the server would say.
  }

  get form() {
    return this.#form;
  }

  fill(task, content) {
    this.#one("question").textContent = task.question;
    this.#one("options").replaceChildren(...task.options.map(option));
    this.#one("preference").textContent = task.preference;
    for (const pane of this.#root.querySelectorAll("[data-pane]")) pane.scrollTop = pane.scrollLeft = 0;
    this.write(content);
    this.say("");
  }

  /** The two responses: laid out, with their differences marked, or as written. The HTML is sanitised by the server. */
  showResponses(shown, { areMarked = false, isAsWritten = false } = {}) {
    for (const name of ["baseline", "personalised"]) {
      this.#one(name).innerHTML = shown[isAsWritten ? `${name}_written_html` : `${name}_html`];
    }
    for (const [act, isOn] of [["differences", areMarked], ["as_written", isAsWritten]]) {
      for (const button of document.querySelectorAll(`[data-act=${act}]`)) button.setAttribute("aria-pressed", isOn);
    }
    this.#one("difference-legend").hidden = !areMarked;
    for (const [kind, name] of areMarked ? [["del", "left out"], ["ins", "added"]] : []) {
      // The marks are more than colour for the eye; for the ear they are words.
      for (const mark of this.#root.querySelectorAll(`[data-pane] ${kind}`)) mark.prepend(spoken(`${name}: `));
    }
  }

  /** Why no differences are marked; empty takes it away. */
  sayOfDifferences(text) {
    this.#one("differences-note").textContent = text;
  }

  read() {
    const { score, answer_correct, comment } = this.#form.elements;
    return contentOf({ score: Number(score.value) || null, answer_correct: answer_correct?.value, comment: comment.value });
  }

  write({ score, answer_correct, comment }) {
    for (const input of this.#form.querySelectorAll("[name=score]")) input.checked = Number(input.value) === score;
    for (const input of this.#form.querySelectorAll("[name=answer_correct]")) input.checked = input.value === answer_correct;
    this.#form.elements.comment.value = comment;
  }

  /** What is missing: the name of the field and words for it; null: nothing. */
  problem({ score, answer_correct }) {
    if (!score) return { name: "score", words: "Choose a score from 1 to 5." };
    if (this.#form.elements.answer_correct && !answer_correct) {
      return { name: "answer_correct", words: "Also choose whether the answer is correct." };
    }
    return null;
  }

  showProblems() {}

  choose(name, value) {
    const input = this.#form.querySelector(`[name=${name}][value="${value}"]`);
    if (!input) return;
    input.checked = true;
    input.focus(); // So that a screen reader says what was chosen.
    this.#form.dispatchEvent(new Event("input", { bubbles: true }));
  }

  focus(name) {
    this.#form.querySelector(`[name=${name}]`)?.focus();
  }

  /** A message about the form; empty takes it away. */
  say(text) {
    this.#one("message").textContent = text;
  }

  #one(name) {
    return this.#root.querySelector(`[data-${name}]`);
  }
}

function option({ letter, text }) {
  const item = document.createElement("li");
  const mark = Object.assign(document.createElement("b"), { textContent: letter });
  item.append(mark, " ", Object.assign(document.createElement("bdi"), { textContent: text }));
  return item;
}

function spoken(text) {
  return Object.assign(document.createElement("span"), { className: "visually-hidden", textContent: text });
}
