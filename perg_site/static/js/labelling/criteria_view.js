// An item in the page, and a form that is made from its criteria: what `TaskView` is for a response.

import { isAsked, problemOf } from "./answers.js";
import { ARROWS, CriterionCard } from "./criterion_card.js";
import { contentOf } from "./draft.js";
import { isComposing, keyOf, latinKeyOf } from "./keys.js";

export class CriteriaView {
  #root;
  #form;
  #box;
  #cards = [];
  #made = "";
  #taken = [];
  #areKeysOff = false;

  constructor(root) {
    this.#root = root;
    this.#form = root.querySelector("[data-label-form]");
    this.#box = root.querySelector("[data-criteria]");
    this.#form.noValidate = true; // Messages are ours: they say what the server would say.
    this.#form.addEventListener("input", ({ target }) => this.#entered(target));
    this.#form.addEventListener("keydown", (event) => this.#pressed(event));
    document.addEventListener("focusin", () => this.#markCurrent());
  }

  get form() {
    return this.#form;
  }

  fill(task, content) {
    this.#make(task.item.criteria);
    this.#box.scrollTop = 0;
    for (const card of this.#cards) card.answer = null;
    this.write(content);
    this.say("");
    for (const card of this.#cards) card.say("");
  }

  /** The item. Its HTML is made and sanitised by the server. */
  showResponses({ item }) {
    this.#root.querySelector("[data-exhibit]").innerHTML = item.exhibit_html;
  }

  sayOfDifferences() {}

  read() {
    const answers = {};
    for (const card of this.#cards) if (card.isShown) answers[card.criterion.key] = card.answer;
    return contentOf({ answers, comment: this.#form.elements.comment.value });
  }

  write({ answers, comment }) {
    for (const card of this.#cards) card.answer = answers?.[card.criterion.key];
    this.#form.elements.comment.value = comment;
    this.#ask();
  }

  /** What is missing or wrong: said at each criterion; the first of them comes back, null where there is none. */
  problem() {
    const problems = this.#shown.map((card) => [card, problemOf(card.criterion, card.answer)]);
    for (const [card, problem] of problems) card.say(problem);
    const wrong = problems.filter(([, problem]) => problem);
    if (!wrong.length) return null;
    const [[card, problem]] = wrong;
    const { question, key } = card.criterion;
    const more = wrong.length > 1 ? ` (and ${wrong.length - 1} more)` : "";
    return { name: key, words: `“${question || key}”: ${problem}${more}` };
  }

  /** What the server says of single answers. */
  showProblems(errors) {
    for (const { field, detail } of errors) this.#cardOf(field.replace(/^answers\./, ""))?.say(detail);
  }

  focus(name) {
    const card = this.#cardOf(name);
    if (card) card.focus();
    else this.#form.elements[name]?.focus();
  }

  /** A message about the form; empty takes it away. */
  say(text) {
    this.#root.querySelector("[data-message]").textContent = text;
  }

  // --- Keys -------------------------------------------------------------------------------------------------------

  /** The keys of the actions, which no option may have. */
  useKeys(keys) {
    this.#taken = keys.filter(Boolean);
    this.#areKeysOff = !this.#taken.length;
    for (const card of this.#cards) card.useKeys(this.#taken);
  }

  /** What a key does here: a function, or null. Outside of the form, keys are for the first criterion without an answer. */
  choice(event) {
    const inside = this.#cardOfFocus();
    const card = inside ?? this.#current;
    if (!card || (this.#areKeysOff && !inside)) return null;
    const key = keyOf(event);
    if (key in ARROWS && !this.#isForArrows(key, inside)) return null;
    const option = card.optionOf(key) ?? card.optionOf(latinKeyOf(event) || key);
    if (option !== null) return () => card.choose(option);
    const step = { ArrowDown: 1, ArrowUp: -1 }[key];
    return step && inside ? () => this.#move(inside, step) : null;
  }

  /** Up and down scroll the page, and all arrows what has the focus, unless that is a criterion. */
  #isForArrows(key, inside) {
    const { activeElement } = document;
    const isElsewhere = activeElement && activeElement !== document.body && !activeElement.matches("[data-heading]");
    return inside ? true : (key === "ArrowLeft" || key === "ArrowRight") && !isElsewhere;
  }

  #move(card, step) {
    const shown = this.#shown;
    shown[shown.indexOf(card) + step]?.focus();
  }

  #pressed(event) {
    // A field of one line would send the form by itself, but only if it is the only one.
    const isField = event.target.matches("input[inputmode]");
    if (!isField || event.key !== "Enter" || event.ctrlKey || event.metaKey || isComposing(event)) return;
    event.preventDefault();
    if (!event.repeat) this.#form.requestSubmit();
  }

  // --- Cards ------------------------------------------------------------------------------------------------------

  get #shown() {
    return this.#cards.filter((card) => card.isShown);
  }

  get #current() {
    const shown = this.#shown;
    return shown.find((card) => card.answer === null) ?? shown[0];
  }

  #cardOf(key) {
    return this.#cards.find((card) => card.criterion.key === key);
  }

  #cardOfFocus() {
    return this.#shown.find((card) => card.root.contains(document.activeElement));
  }

  #make(criteria) {
    const made = JSON.stringify(criteria);
    if (made === this.#made) return;
    this.#made = made;
    const changed = () => this.#form.dispatchEvent(new Event("input", { bubbles: true }));
    this.#cards = criteria.map((criterion, place) => new CriterionCard(criterion, place + 1, changed));
    for (const card of this.#cards) card.useKeys(this.#taken);
    this.#box.replaceChildren(...this.#cards.map(({ root }) => root));
  }

  #entered(target) {
    this.#cards.find((card) => card.root.contains(target))?.say("");
    this.#ask();
  }

  /** Show what is asked with the answers as they are. */
  #ask() {
    const answers = {};
    for (const card of this.#cards) {
      card.root.hidden = !isAsked(card.criterion, answers);
      if (card.isShown) answers[card.criterion.key] = card.answer;
    }
    this.#markCurrent();
  }

  /** The criterion that keys are for. */
  #markCurrent() {
    const current = this.#cardOfFocus() ?? this.#current;
    for (const card of this.#cards) card.root.toggleAttribute("data-current", card === current);
  }
}
