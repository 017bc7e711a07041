// How the two responses are read: laid out, as they were written, or with their differences marked.

import { announce } from "./notices.js";
import { Refused } from "./requests.js";

const NAME = "as_written";

/** "As written" is remembered, for this person in this browser; differences are marked for one task at a time. */
export class Reading {
  #requests;
  #store;
  #view;
  #urlOf;

  constructor({ requests, store, view, urlOf }) {
    this.#requests = requests;
    this.#store = store;
    this.#view = view;
    this.#urlOf = urlOf;
  }

  show(task) {
    this.#view.sayOfDifferences("");
    this.#draw(task);
  }

  /** `isInView()` is asked when the answer is there: meanwhile another task may have come into view. */
  async toggleDifferences(task, isInView) {
    task.areMarked = !task.areMarked;
    this.#view.sayOfDifferences("");
    try {
      task.differences ??= task.areMarked && (await this.#requests.get(this.#urlOf(task.assignment, "differences/")));
    } catch (error) {
      task.areMarked = false;
      const why = error instanceof Refused ? error.message : "The differences cannot be shown right now. Try again later.";
      if (isInView()) this.#view.sayOfDifferences(why);
      return;
    }
    if (!isInView()) return;
    this.#draw(task);
    announce(task.areMarked ? "Differences are shown." : "Differences are hidden.");
  }

  toggleAsWritten(task) {
    const isAsWritten = !this.#isAsWritten(task);
    task.areMarked = false;
    this.#store.set(NAME, isAsWritten);
    this.show(task);
    announce(isAsWritten ? "The original text of the responses is shown." : "The formatted responses are shown.");
  }

  #isAsWritten(task) {
    return !task.areMarked && this.#store.get(NAME) === true;
  }

  #draw(task) {
    const shown = (task.areMarked && task.differences) || task;
    this.#view.showResponses(shown, { areMarked: shown !== task, isAsWritten: this.#isAsWritten(task) });
  }
}
