// The draft of one task: saved as it is entered, one request after another, so that versions stay right.

import { JSON_TYPE, LoggedOut, Refused, post } from "./post.js";

const PAUSE = 800;
const RETRY = 5_000;

export class Draft {
  #url;
  #read;
  #show;
  #failed;
  #version;
  #saved;
  #timer;
  #queue = Promise.resolve();
  #underway = 0;
  #outcomeUnknown = false;
  #failing = false;
  #held = false;
  #stopped = false;

  /**
   * `read()` gives what is entered as [score, comment]; `show(text)` shows the state; `failed(error)` is told of
   * a lost login, a refusal, and, with null, that all is well again.
   */
  constructor({ url, version, read, show, failed }) {
    this.#url = url;
    this.#version = version;
    this.#read = read;
    this.#show = show;
    this.#failed = failed;
    this.#saved = this.#content();
  }

  /** Something was entered: save it when nothing more follows for a while. */
  changed() {
    this.#schedule(PAUSE);
  }

  /** Save now what is not saved yet. */
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

  /** Send nothing more until `resume`; resolves when nothing is under way. */
  hold() {
    clearTimeout(this.#timer);
    this.#held = true;
    return this.#queue;
  }

  resume() {
    this.#held = false;
    this.#schedule(RETRY);
  }

  /** The task is done with. */
  close() {
    clearTimeout(this.#timer);
    this.#stopped = true;
  }

  /** Something is entered that could not be saved. */
  get isFailing() {
    return this.#failing && this.#content() !== this.#saved;
  }

  #content() {
    return JSON.stringify(this.#read());
  }

  #schedule(delay) {
    clearTimeout(this.#timer);
    if (!this.#held && !this.#stopped) this.#timer = setTimeout(() => this.save(), delay);
  }

  async #send() {
    const content = this.#content();
    if (this.#held || this.#stopped || content === this.#saved) return;
    const [score, comment] = this.#read();
    const data = new FormData();
    data.set("score", score);
    data.set("comment", comment);
    // Only `leave` sends while another request is under way: its version is the one that request will make.
    data.set("version", this.#version + this.#underway);
    this.#show("Saving…");
    this.#underway += 1;
    try {
      const { body } = await post(this.#url, data, JSON_TYPE);
      this.#accepted(JSON.parse(body).version, content);
    } catch (error) {
      this.#refused(error);
    } finally {
      this.#underway -= 1;
    }
  }

  #accepted(version, content) {
    this.#version = Math.max(this.#version, version);
    this.#saved = content;
    this.#outcomeUnknown = this.#failing = false;
    this.#show("Saved");
    this.#failed(null);
  }

  #refused(error) {
    this.#failing = true;
    if (error instanceof Refused && error.code === "stale_draft" && this.#outcomeUnknown) {
      // The answer to the last request was lost, but the request was not: it made the version that is stale now.
      this.#outcomeUnknown = false;
      this.#version += 1;
      this.#schedule(0);
    } else if (error instanceof Refused) {
      this.#stopped = true;
      this.#show("Not saved");
      this.#failed(error);
    } else {
      this.#outcomeUnknown = !(error instanceof LoggedOut);
      this.#show("Not saved: will try again");
      if (error instanceof LoggedOut) this.#failed(error);
      this.#schedule(RETRY);
    }
  }
}
