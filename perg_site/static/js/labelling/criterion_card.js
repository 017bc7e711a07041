// One criterion in the form: a question with its options, or a field. Nothing is chosen for anybody.

import { numberOf } from "./answers.js";

export const ARROWS = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" };
const OF_A_PAIR = { first: "ArrowLeft", second: "ArrowRight", tie: "ArrowUp", both_bad: "ArrowDown" };
const OF_YES_AND_NO = { yes: "y", no: "n", cannot_tell: "t" };
const DIGITS = "1234567890";
const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const NONE = ""; // Of several labels: none of them. No option has an empty key.

/** The options in the order in which they are shown. */
function shownOptions({ kind, choices }) {
  const order = Object.keys(kind === "pairwise" ? OF_A_PAIR : OF_YES_AND_NO);
  if (kind === "pairwise" || kind === "binary") return [...choices].sort((one, other) => order.indexOf(one.key) - order.indexOf(other.key));
  return kind === "multilabel" ? [...choices, { key: NONE, label: "None of these", anchor: "" }] : choices;
}

/** A key for each option, by the option's own; those of actions are taken. One that finds none has its button alone. */
export function keysFor({ kind, choices }, taken) {
  const options = shownOptions({ kind, choices }).map(({ key }) => key);
  const usual = { pairwise: OF_A_PAIR, binary: OF_YES_AND_NO }[kind] ?? {};
  // Levels that are called by digits have these as their keys; else the first is 1.
  const areDigits = kind !== "multilabel" && options.some((key) => /^\d$/.test(key));
  const others = kind === "multilabel" ? LETTERS + DIGITS : DIGITS + LETTERS;
  const used = new Set(taken);
  const keys = {};
  const give = (option, key) => used.add((keys[option] = key));
  for (const option of options) {
    const own = usual[option] ?? (option === NONE ? "0" : areDigits && /^\d$/.test(option) ? option : "");
    if (own && !used.has(own)) give(option, own);
  }
  for (const option of options) {
    const free = option in keys ? undefined : [...others].find((key) => !used.has(key));
    if (free) give(option, free);
  }
  return keys;
}

export class CriterionCard {
  #inputs = [];
  #error;
  #clear = null;
  keys = {};

  /** `changed()` is called when an answer is taken away by the button for it; all else fires `input`. */
  constructor(criterion, number, changed) {
    this.criterion = criterion;
    this.id = `criterion-${criterion.key}`;
    const hasOptions = criterion.choices.length > 0;
    this.root = make(hasOptions ? "fieldset" : "div", { className: "criterion", id: this.id });
    this.root.dataset.criterion = criterion.key;
    this.root.append(this.#heading(hasOptions ? "legend" : "label", number));
    if (criterion.instructions_html) {
      const instructions = make("div", { className: "instructions", id: `${this.id}-instructions` });
      instructions.innerHTML = criterion.instructions_html; // sanitised by the server
      this.root.append(instructions);
    }
    this.#error = make("p", { className: "criterion-error", id: `${this.id}-error` });
    this.root.append(hasOptions ? this.#options() : this.#field(), this.#error);
    if (hasOptions && !criterion.required && criterion.kind !== "multilabel") this.root.append(this.#clearButton(changed));
    this.#describe(hasOptions);
  }

  get isShown() {
    return !this.root.hidden;
  }

  /** An option's key, a number, a text, a list of keys; null: no answer. What is no number comes as it was typed. */
  get answer() {
    const { kind } = this.criterion;
    if (kind === "text") return this.#inputs[0].value.trim() ? this.#inputs[0].value : null;
    if (kind === "numeric") return this.#inputs[0].value.trim() ? numberOf(this.#inputs[0].value) : null;
    const chosen = this.#inputs.filter(({ checked }) => checked).map(({ value }) => value);
    if (kind !== "multilabel") return chosen[0] ?? null;
    return chosen.length ? chosen.filter((key) => key !== NONE) : null;
  }

  set answer(answer) {
    const { kind } = this.criterion;
    if (kind === "text" || kind === "numeric") {
      // Typed text stays as it is: “3,50” is not written over by 3.5.
      if (this.answer !== (answer ?? null)) this.#inputs[0].value = answer ?? "";
      return;
    }
    const given = Array.isArray(answer) && !answer.length ? [NONE] : [answer ?? []].flat();
    for (const input of this.#inputs) input.checked = given.includes(input.value);
  }

  /** Choose an option, or take it away again where it is one of several, or need not be chosen. */
  choose(option) {
    const input = this.#inputs.find(({ value }) => value === option);
    input.checked = !input.checked || (input.type === "radio" && this.criterion.required);
    this.onlyNone(input);
    input.focus(); // So that a screen reader says what was chosen.
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** “None of these” and the labels exclude each other. */
  onlyNone(input) {
    if (input.type !== "checkbox" || !input.checked) return;
    for (const other of this.#inputs) if ((other.value === NONE) !== (input.value === NONE)) other.checked = false;
  }

  focus() {
    (this.#inputs.find(({ checked }) => checked) ?? this.#inputs[0]).focus();
  }

  say(problem) {
    this.#error.textContent = problem;
    const isGroup = this.root.tagName === "FIELDSET";
    const field = isGroup ? this.root.closest("[role=radiogroup]") : this.#inputs[0];
    if (problem) field?.setAttribute("aria-invalid", "true");
    else field?.removeAttribute("aria-invalid");
  }

  /** Keys by option, and the hints that say so. */
  useKeys(taken) {
    this.keys = keysFor(this.criterion, taken);
    for (const input of this.#inputs) {
      const hint = input.parentElement.querySelector("kbd");
      if (!hint) continue;
      const key = this.keys[input.value] ?? "";
      hint.textContent = ARROWS[key] ?? key;
      hint.hidden = !key;
    }
  }

  optionOf(key) {
    return Object.keys(this.keys).find((option) => this.keys[option] === key) ?? null;
  }

  #heading(tag, number) {
    const { key, question, required } = this.criterion;
    const heading = make(tag, { className: "criterion-question" });
    if (tag === "label") heading.htmlFor = `${this.id}-field`;
    heading.append(make("span", { className: "criterion-number", textContent: `${number}.` }), " ");
    heading.append(make("bdi", { textContent: question || key }));
    if (!required) heading.append(" ", make("span", { className: "optional", textContent: "(optional)" }));
    return heading;
  }

  #options() {
    const { kind, key, required } = this.criterion;
    const type = kind === "multilabel" ? "checkbox" : "radio";
    const box = make("div", { className: "choices" });
    for (const { key: value, label, anchor } of shownOptions(this.criterion)) {
      const option = make("label", { className: "choice" });
      const input = make("input", { type, name: `criterion.${key}`, value });
      this.#inputs.push(input);
      const words = make("span", { className: "choice-words" });
      words.append(make("bdi", { textContent: label }));
      if (anchor) words.append(make("bdi", { className: "choice-anchor", textContent: anchor }));
      // Keys and labels are apart for the eye by their box; for the ear the key is not part of the name.
      const hint = make("kbd");
      hint.setAttribute("aria-hidden", "true");
      option.append(input, hint, " ", words);
      box.append(option);
      input.addEventListener("change", () => this.onlyNone(input));
    }
    if (type === "radio") {
      this.root.setAttribute("role", "radiogroup");
      this.root.setAttribute("aria-required", String(required));
    }
    return box;
  }

  #field() {
    const { kind, required, lowest, highest, step } = this.criterion;
    const id = `${this.id}-field`;
    const field =
      kind === "text"
        ? make("textarea", { id, rows: 3, maxLength: 10000, dir: "auto" })
        : make("input", { id, type: "text", inputMode: "decimal", maxLength: 40, autocomplete: "off" });
    field.setAttribute("aria-required", String(required));
    this.#inputs.push(field);
    if (kind === "text") return field;
    const ends = [lowest !== null && `from ${lowest}`, highest !== null && `to ${highest}`, step !== null && `in steps of ${step}`];
    const range = make("p", { className: "criterion-range", id: `${this.id}-range`, textContent: ends.filter(Boolean).join(" ") });
    const box = make("div", { className: "criterion-number-field" });
    box.append(field, range);
    return box;
  }

  #clearButton(changed) {
    this.#clear = make("button", { type: "button", className: "button criterion-clear", textContent: "Clear" });
    const what = make("span", { className: "visually-hidden", textContent: ` the answer to: ${this.criterion.question || this.criterion.key}` });
    this.#clear.append(what);
    this.#clear.addEventListener("click", () => {
      this.answer = null;
      changed();
      this.focus();
    });
    return this.#clear;
  }

  #describe(hasOptions) {
    const parts = ["instructions", "range", "error"].map((part) => `${this.id}-${part}`);
    const there = parts.filter((id) => this.root.querySelector(`[id="${id}"]`)).join(" ");
    (hasOptions ? this.root : this.#inputs[0]).setAttribute("aria-describedby", there);
  }
}

function make(tag, properties = {}) {
  return Object.assign(document.createElement(tag), properties);
}
