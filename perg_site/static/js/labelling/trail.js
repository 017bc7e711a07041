// The way through the tasks in the browser's history: back and forward go from task to task.

export class Trail {
  #way = [];
  #place = -1;
  last = null;

  /** `followed(assignment)` is called with where the browser's back or forward leads; null is where there was no task. */
  constructor(followed) {
    addEventListener("popstate", ({ state }) => {
      this.#place = state?.place ?? -1;
      followed(state?.assignment ?? null);
    });
  }

  /** A task is shown: "push" and "replace" do so in the browser's history, null is what the history led to. */
  at(assignment, as) {
    this.last = assignment;
    if (as) this.#go(as, assignment, `?assignment=${assignment}`);
  }

  atNothing() {
    this.#go("replace", null, location.pathname);
  }

  /** Go back to a task if it is the one before in the browser's history; false if it is not. */
  back(assignment) {
    if (this.#place < 1 || this.#way[this.#place - 1] !== assignment) return false;
    history.back();
    return true;
  }

  #go(as, assignment, address) {
    if (as === "push") this.#way.length = ++this.#place;
    else if (this.#place < 0) this.#place = 0;
    this.#way[this.#place] = assignment;
    history[`${as}State`]({ assignment, place: this.#place }, "", address);
  }
}
