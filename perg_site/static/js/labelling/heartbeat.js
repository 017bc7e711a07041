// The heartbeat: tasks in hand stay this person's while the page is in use.

import { Refused } from "./requests.js";

export class Heartbeat {
  #requests;
  #tasks;
  #urlOf;
  #idle;
  #lost;
  #lease;

  /** `tasks()` gives the assignments to keep; `idle()` milliseconds without input; `lost(assignment)` is called for a lost one. */
  constructor({ requests, leaseSeconds, tasks, urlOf, idle, lost }) {
    this.#requests = requests;
    this.#tasks = tasks;
    this.#urlOf = urlOf;
    this.#idle = idle;
    this.#lost = lost;
    this.#lease = leaseSeconds * 1000;
    setInterval(() => this.beat(), Math.max(1_000, this.#lease / 3));
    document.addEventListener("visibilitychange", () => this.beat());
  }

  async beat() {
    // Left lying open, the page keeps nothing from the others.
    if (document.hidden || this.#idle() > Math.max(this.#lease, 60_000)) return;
    for (const assignment of this.#tasks()) {
      try {
        await this.#requests.post(this.#urlOf(assignment, "heartbeat/"));
      } catch (error) {
        if (error instanceof Refused) this.#lost(assignment);
        else return; // The next beat tries again.
      }
    }
  }
}
