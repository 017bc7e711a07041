// Tasks from the server: the next one is asked for as soon as one is shown, so that nobody waits for it.

import { Refused } from "./requests.js";

const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 30_000;
const LOOK_AGAIN = 15_000;
const MAY_CHANGE = new Set(["all_leased", "paused", "done_by_you", "member_paused", "in_hand"]);

export class Supply {
  #requests;
  #url;
  #holding;
  #before;
  #arrived;
  #empty;
  #failed;
  #asking = false;
  #timer;
  #wait = FIRST_WAIT;

  /**
   * `holding()` gives the assignments that the page has, null where it wants no more; `before()` resolves when what
   * was done has been sent; `arrived(task)`, `empty(nothing)` and `failed(error)` are called with the outcome, the first
   * two with the counts of the answer.
   */
  constructor({ requests, url, holding, before, arrived, empty, failed }) {
    this.#requests = requests;
    this.#url = url;
    this.#holding = holding;
    this.#before = before;
    this.#arrived = arrived;
    this.#empty = empty;
    this.#failed = failed;
  }

  async ask() {
    if (this.#asking) return;
    this.#asking = true;
    clearTimeout(this.#timer);
    let wantsMore = false;
    try {
      // What was submitted is sent first: until then the server takes it for a task in hand.
      await this.#before();
      const holding = this.#holding();
      if (holding === null) return;
      const answer = await this.#requests.post(this.#url, { holding });
      this.#wait = FIRST_WAIT;
      if (answer.task && !holding.includes(answer.task.assignment)) {
        this.#arrived(answer.task, answer);
        wantsMore = true;
      } else {
        if (MAY_CHANGE.has(answer.nothing?.code)) this.lookAgain();
        this.#empty(answer.nothing, answer);
      }
    } catch (error) {
      this.#failed(error);
      if (error instanceof Refused) return;
      this.#timer = setTimeout(() => this.ask(), this.#wait);
      this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT);
    } finally {
      this.#asking = false;
      if (wantsMore && this.#holding() !== null) this.ask();
    }
  }

  /** Ask again in a while, when the page can be seen. */
  lookAgain() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (document.hidden ? this.lookAgain() : this.ask()), LOOK_AGAIN);
  }
}
