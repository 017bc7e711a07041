// Time on the task: it runs while the page is visible and there was input within the last half minute.

const IDLE_AFTER = 30_000;
const INPUT = ["keydown", "pointerdown", "pointermove", "touchstart", "wheel", "scroll"];

export class WorkTime {
  #total = 0;
  #countedTo = 0;
  #lastInput = -Infinity;
  #isVisible = !document.hidden;
  #now;

  constructor({ now = () => performance.now() } = {}) {
    this.#now = now;
    // Captured, as neither scrolling of a box nor what a dialog keeps to itself comes up to the document.
    for (const kind of INPUT) addEventListener(kind, () => this.input(), { capture: true, passive: true });
    document.addEventListener("visibilitychange", () => this.visible(!document.hidden));
  }

  /** Start a task, which may have had some time already. The input that led to it counts for it. */
  start(seconds) {
    this.#total = seconds * 1000;
    this.#countedTo = this.#now();
  }

  get seconds() {
    this.#count();
    return Math.round(this.#total / 100) / 10;
  }

  /** Milliseconds since the last input while the page could be seen. */
  get idle() {
    return this.#now() - this.#lastInput;
  }

  input() {
    this.#count();
    this.#lastInput = this.#now();
  }

  visible(isVisible) {
    this.#count();
    this.#isVisible = isVisible;
    if (!isVisible) this.#lastInput = -Infinity; // Coming back is no work yet.
  }

  #count() {
    const now = this.#now();
    const worked = Math.min(now, this.#lastInput + IDLE_AFTER) - this.#countedTo;
    if (this.#isVisible && worked > 0) this.#total += worked;
    this.#countedTo = now;
  }
}
