// What is entered for one task and not submitted: kept in the browser at every keystroke, on the server soon after.

import { tidy } from "./answers.js";
import { LoggedOut, NotSent, Refused } from "./requests.js";

const PAUSE = 800;
const RETRY = 5_000;
const LOAD = Math.random().toString(36).slice(2, 10); // This page, as it was loaded: other windows have others.

/** What is entered of an item's criteria, or of a response. */
export function contentOf({ score, answer_correct, comment, answers }) {
  if (answers) return { answers: tidy(answers), comment: comment ?? "" };
  return { score: score ?? null, answer_correct: answer_correct ?? "", comment: comment ?? "" };
}

export function isSame(one, other) {
  return JSON.stringify(contentOf(one)) === JSON.stringify(contentOf(other));
}

/** Fires `state` (see `state`), and `other` when there is another version to choose from (see `other`). */
export class Draft extends EventTarget {
  #requests;
  #store;
  #urls;
  #assignment;
  #version;
  #saved;
  #timer;
  #queue = Promise.resolve();
  #underway = 0;
  #life = 0;
  #mayBeSent;
  state = "";
  /** Another version of what was entered: {content, where, take(), leave()}. Nothing is sent until it is decided. */
  other = null;

  /**
   * `urls` are those of the task and of its draft; `pending` is what was submitted and is not confirmed yet;
   * `mayBeSent()` is false while a submission waits, which would drop the draft that came before it.
   */
  constructor({ requests, store, task, urls, pending, mayBeSent }) {
    super();
    this.#requests = requests;
    this.#store = store;
    this.#urls = urls;
    this.#mayBeSent = mayBeSent;
    this.#assignment = task.assignment;
    this.#version = task.draft.version;
    this.#saved = contentOf(task.draft.version ? task.draft : (pending ?? task.label ?? { answers: task.item && {} }));
    this.content = this.#saved;
    this.seconds = task.draft.version ? task.draft.seconds : 0;
    this.#restore();
  }

  get isUnsent() {
    return !isSame(this.content, this.#saved);
  }

  /** Resolves when no request is under way. */
  get settled() {
    return this.#queue;
  }

  enter(content, seconds) {
    this.content = contentOf(content);
    this.seconds = seconds;
    this.#keep();
    if (this.isUnsent) this.#schedule(PAUSE);
  }

  /** The time goes on; it is kept here, and sent along with what is entered. */
  worked(seconds) {
    this.seconds = seconds;
    this.#keep();
  }

  save() {
    clearTimeout(this.#timer);
    this.#queue = this.#queue.then(() => this.#send());
    return this.#queue;
  }

  /** The page is going away: send what is left without waiting for a request that is under way. */
  leave() {
    clearTimeout(this.#timer);
    this.#send();
  }

  /** It was submitted, and is in the outbox: the server drops its draft with it. */
  submitted() {
    clearTimeout(this.#timer);
    this.#life += 1;
    this.#version = 0;
    this.#saved = this.content;
    this.seconds = 0;
    this.other = null;
    this.#store.remove(this.#name);
    this.#show("");
  }

  get #name() {
    return `draft.${this.#assignment}.${LOAD}`;
  }

  #keep() {
    const { content, seconds } = this;
    if (this.isUnsent) this.#store.set(this.#name, { content, seconds, version: this.#version, at: Date.now() });
    else this.#store.remove(this.#name);
  }

  /** What an earlier page kept and could not send: it goes on from there, or is offered where the server has moved on. */
  #restore() {
    const drafts = this.#store
      .names(`draft.${this.#assignment}.`)
      .filter((name) => name !== this.#name)
      .map((name) => ({ name, ...this.#store.get(name) }))
      .filter(({ name, content }) => content && (!isSame(content, this.#saved) || this.#store.remove(name)))
      .sort((one, two) => two.at - one.at);
    for (const { name, content, seconds, version } of drafts) {
      if (version === this.#version && !this.isUnsent) {
        Object.assign(this, { content, seconds: Math.max(seconds, this.seconds) });
        this.#keep();
        this.#store.remove(name);
        this.#schedule(0);
      } else if (isSame(content, this.content)) {
        this.#store.remove(name);
      } else if (!this.other) {
        this.#offer(content, "in this browser", this.#version, () => this.#store.remove(name));
      }
    }
  }

  #schedule(delay) {
    clearTimeout(this.#timer);
    if (!this.other) this.#timer = setTimeout(() => this.save(), delay);
  }

  async #send() {
    const { content, seconds } = this;
    if (this.other || !this.isUnsent) return;
    if (!this.#mayBeSent()) {
      this.#show("offline");
      this.#schedule(RETRY);
      return;
    }
    const life = this.#life;
    // Only `leave` sends while another request is under way: its version is the one that request will make.
    const version = this.#version + this.#underway;
    this.#show("saving");
    this.#underway += 1;
    try {
      const answer = await this.#requests.put(this.#urls.draft, { ...content, seconds, version });
      if (life === this.#life) this.#isSaved(content, answer.version);
    } catch (error) {
      if (life === this.#life) await this.#isNotSaved(error, content);
    } finally {
      this.#underway -= 1;
    }
  }

  #isSaved(content, version) {
    this.#version = Math.max(this.#version, version);
    this.#saved = content;
    this.#keep();
    this.#show(this.isUnsent ? "saving" : "saved");
    if (this.isUnsent) this.#schedule(PAUSE);
  }

  async #isNotSaved(error, sent) {
    if (error instanceof Refused && error.code === "stale_draft") return this.#isStale(sent);
    if (error instanceof Refused) {
      return this.#show("refused", error.message);
    }
    this.#show(error instanceof LoggedOut ? "logged-out" : error instanceof NotSent ? "offline" : "another-person");
    return this.#schedule(RETRY);
  }

  /** The server has another version than this page knew: one that this page made, one of another window, or none. */
  async #isStale(sent) {
    const life = this.#life;
    try {
      const task = await this.#requests.get(this.#urls.task);
      if (life !== this.#life) return;
      const { version } = task.draft;
      if (version === 0) {
        this.#version = 0; // Submitted meanwhile, and the draft dropped with it: this one is a change of that label.
        this.dispatchEvent(new CustomEvent("elsewhere", { detail: task }));
        this.#schedule(0);
      } else if (isSame(task.draft, sent) || isSame(task.draft, this.content)) {
        this.#isSaved(contentOf(task.draft), version); // The answer to an earlier request was lost.
      } else {
        this.#offer(contentOf(task.draft), "in another window", version, () => {});
        this.#saved = contentOf(task.draft);
        this.#keep();
      }
    } catch (error) {
      if (error instanceof Refused) return this.#show("refused", error.message);
      this.#show(error instanceof LoggedOut ? "logged-out" : "offline");
      this.#schedule(RETRY);
    }
  }

  #offer(content, where, version, decided) {
    const settle = (chosen) => {
      this.other = null;
      this.#version = version;
      this.content = chosen;
      decided();
      this.#keep();
      this.#show(this.isUnsent ? "saving" : "saved");
      if (this.isUnsent) this.#schedule(0);
    };
    clearTimeout(this.#timer);
    this.other = { content, where, take: () => settle(content), leave: () => settle(this.content) };
    this.#show("undecided");
    this.dispatchEvent(new Event("other"));
  }

  #show(state, reason = "") {
    this.state = state;
    this.reason = reason;
    this.dispatchEvent(new Event("state"));
  }
}

/** Send what pages that are gone have kept for tasks that are not open here; what is stale waits until they are. */
export async function sendLeftDrafts({ requests, store, urlOf, isOpen }) {
  const age = 10_000; // Younger ones may belong to another window, which sends them itself.
  for (const name of store.names("draft.")) {
    const [, assignment, load] = name.split(".");
    const draft = store.get(name);
    if (!draft?.content || load === LOAD || isOpen(Number(assignment)) || Date.now() - draft.at < age) continue;
    try {
      const { content, seconds, version } = draft;
      await requests.put(urlOf(assignment, "draft/"), { ...content, seconds, version });
      store.remove(name);
    } catch (error) {
      if (!(error instanceof Refused)) return;
    }
  }
}
