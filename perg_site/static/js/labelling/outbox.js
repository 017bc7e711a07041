// What the annotator has done and the server has not confirmed: kept in the browser, sent in order, until it has.

import { AnotherPerson, LoggedOut, NotSent, Refused } from "./requests.js";
import { newKey } from "./store.js";

const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 30_000;
const LOGIN_WAIT = 5_000;
const START = "out.";

/**
 * Fires `change` (see `state`), `confirmed` ({entry, answer}) and `trouble` ({entry}), each with its detail.
 *
 * An entry has `id`, `kind` (submit, skip, flag), `campaign`, `assignment`, `fields`, `about` (for people), and, where
 * the server said no, `trouble`. Such an entry stays until the annotator has decided what becomes of it.
 */
export class Outbox extends EventTarget {
  #store;
  #send;
  #running = null;
  #timer;
  #wait = FIRST_WAIT;
  #lastTime = 0;
  #hasSent = false;
  state = "idle";

  /** `send(entry)` posts it and gives the answer. */
  constructor({ store, send }) {
    super();
    this.#store = store;
    this.#send = send;
    addEventListener("online", () => this.flush());
    addEventListener("focus", () => this.flush());
    document.addEventListener("visibilitychange", () => !document.hidden && this.flush());
    store.watch((name) => name.startsWith(START) && this.#changed());
  }

  get entries() {
    return this.#store.names(START).map((name) => this.#store.get(name)).filter(Boolean);
  }

  get waiting() {
    return this.entries.filter(({ trouble }) => !trouble);
  }

  get troubled() {
    return this.entries.filter(({ trouble }) => trouble);
  }

  /** What was last submitted for an assignment and is not confirmed yet. */
  labelOf(assignment) {
    return this.waiting.findLast((entry) => entry.kind === "submit" && entry.assignment === assignment);
  }

  add({ kind, campaign, assignment, fields, about }) {
    // By time, and never the same twice: the order of the names is the order of sending.
    this.#lastTime = Math.max(Date.now(), this.#lastTime + 1);
    const id = `${START}${String(this.#lastTime).padStart(15, "0")}.${newKey().slice(0, 8)}`;
    const entry = { id, kind, campaign, assignment, fields, about };
    this.#store.set(id, entry);
    this.#changed();
    this.flush();
    return entry;
  }

  /** The annotator has decided what becomes of an entry that was in trouble. */
  drop({ id }) {
    this.#store.remove(id);
    this.#changed();
  }

  /** Send what waits, one after another; resolves when nothing more can be sent now. */
  flush() {
    clearTimeout(this.#timer);
    this.#running ??= this.#run().finally(() => (this.#running = null));
    return this.#running;
  }

  async #run() {
    const left = new Set(); // Those that the server failed on: the others need not wait for them.
    for (;;) {
      const entry = this.waiting.find(({ id, assignment }) => !left.has(id) && !left.has(assignment));
      if (!entry) break;
      this.#changed("sending");
      try {
        this.#confirmed(entry, await this.#send(entry));
      } catch (error) {
        if (error instanceof Refused) this.#refused(entry, error);
        else if (error instanceof NotSent && error.wasAnswered) left.add(entry.id).add(entry.assignment);
        else return this.#stopped(error);
      }
    }
    if (left.size) return this.#stopped(new NotSent(true));
    this.#wait = FIRST_WAIT;
    return this.#changed(this.#hasSent ? "sent" : "idle");
  }

  #confirmed(entry, answer) {
    this.#hasSent = true;
    this.#wait = FIRST_WAIT;
    // A change that was made meanwhile builds on what has just become a revision.
    for (const later of this.waiting) {
      if (entry.kind === "submit" && later.kind === "submit" && later.assignment === entry.assignment && later.id > entry.id) {
        this.#store.set(later.id, { ...later, fields: { ...later.fields, based_on: answer.revision } });
      }
    }
    this.#store.remove(entry.id);
    this.dispatchEvent(new CustomEvent("confirmed", { detail: { entry, answer } }));
  }

  #refused(entry, { code, message, problem }) {
    const troubled = { ...entry, trouble: { code, message, label: problem.label ?? null, errors: problem.errors ?? [] } };
    this.#store.set(entry.id, troubled);
    this.dispatchEvent(new CustomEvent("trouble", { detail: { entry: troubled } }));
  }

  #stopped(error) {
    if (!(error instanceof NotSent || error instanceof LoggedOut || error instanceof AnotherPerson)) throw error;
    const isLogin = !(error instanceof NotSent);
    this.#timer = setTimeout(() => this.flush(), isLogin ? LOGIN_WAIT : this.#wait * (0.75 + Math.random() / 2));
    if (!isLogin) this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT);
    this.#changed(error instanceof LoggedOut ? "logged-out" : error instanceof AnotherPerson ? "another-person" : "offline");
  }

  #changed(state = this.state) {
    this.state = state;
    this.dispatchEvent(new Event("change"));
  }
}
