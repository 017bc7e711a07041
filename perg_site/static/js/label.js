// The annotation screen: keys, submission without a full reload, drafts, and the heartbeat that keeps the task.

import { Draft } from "./draft.js";
import { HTML_TYPE, JSON_TYPE, LoggedOut, NotSent, Refused, post } from "./post.js";

const NOT_SENT = "Not sent — kept here; press Submit to try again.";

class TaskScreen {
  constructor(root) {
    this.root = root;
    this.form = root.querySelector("[data-label-form]");
    this.scores = [...this.form.elements.score];
    this.comment = this.form.elements.comment;
    this.key = this.form.elements.submission_key;
    this.button = root.querySelector("[data-submit]");
    this.message = root.querySelector("[data-message]");
    this.sending = false;
    this.sentContent = null;
    this.form.noValidate = true; // Messages are ours: they say what the server would say.
    this.draft = new Draft({
      url: root.dataset.draftUrl,
      version: Number(root.dataset.draftVersion),
      read: () => [this.score, this.comment.value],
      show: (text) => (root.querySelector("[data-draft-state]").textContent = text),
      failed: (error) => this.draftFailed(error),
    });
    this.listen();
    this.heart = setInterval(() => this.beat(), Math.max(1, root.dataset.leaseSeconds / 3) * 1000);
  }

  listen() {
    this.form.addEventListener("input", () => this.draft.changed());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    // The second click of a double click may fall on the next task's button.
    this.button.addEventListener("click", (event) => event.detail > 1 && event.preventDefault());
  }

  close() {
    clearInterval(this.heart);
    this.draft.close();
  }

  get score() {
    return this.scores.find((input) => input.checked)?.value ?? "";
  }

  choose(score) {
    const input = this.scores.find(({ value }) => value === score);
    if (this.sending || !input) return;
    input.checked = true;
    input.focus(); // So that a screen reader says what was chosen.
    this.draft.changed();
    if (this.messageKind === "score") this.say("");
  }

  async submit() {
    if (this.sending) return;
    if (!this.score) {
      this.say("Choose a score from 1 to 5 first.", "score");
      this.scores[0].focus();
      return;
    }
    const focused = document.activeElement;
    this.renewKeyIfChanged();
    const data = new FormData(this.form);
    this.lock(true);
    try {
      await this.draft.hold();
      const { body } = await post(this.form.action, data, HTML_TYPE);
      show(new DOMParser().parseFromString(body, HTML_TYPE));
    } catch (error) {
      this.lock(false);
      this.draft.resume();
      this.submitFailed(error);
      if (this.root.contains(focused)) focused.focus();
    }
  }

  /**
   * A retry has the key of the first try, so that the server takes the two for one. Where the entries have changed
   * since, they would be lost with it: they go under a key of their own, as a revision.
   */
  renewKeyIfChanged() {
    const content = JSON.stringify([this.score, this.comment.value]);
    if (this.sentContent !== null && this.sentContent !== content) this.key.value = newKey();
    this.sentContent = content;
  }

  lock(sending) {
    this.sending = sending;
    this.button.disabled = sending;
    this.form.inert = sending; // What is entered while a submission is on its way would be lost.
    if (sending) this.say("");
  }

  submitFailed(error) {
    if (error instanceof LoggedOut) this.sayLoggedOut();
    else if (error instanceof Refused) this.say(`Not accepted: ${error.message} What you entered is kept here.`, "submit");
    else this.say(NOT_SENT, "submit");
  }

  draftFailed(error) {
    if (error === null) {
      if (this.messageKind === "login") this.say("");
    } else if (error instanceof LoggedOut) this.sayLoggedOut();
    else if (this.messageKind === "submit") return; // That is worth more; and what went unanswered may have arrived.
    else if (error.code === "stale_draft") this.sayTemplate("[data-stale]", "draft");
    else this.say(`The draft is not saved: ${error.message}`, "draft");
  }

  async beat() {
    if (document.hidden) return;
    try {
      await post(this.root.dataset.heartbeatUrl, new FormData(), JSON_TYPE);
    } catch (error) {
      if (error instanceof LoggedOut) this.sayLoggedOut();
      if (error instanceof Refused) {
        clearInterval(this.heart);
        if (!this.messageKind) this.say(error.message, "lease");
      } // Without an answer, the next beat tries again.
    }
  }

  say(text, kind = "") {
    this.message.textContent = text;
    this.messageKind = text && kind;
  }

  sayLoggedOut() {
    if (this.messageKind !== "login") this.sayTemplate("[data-logged-out]", "login");
  }

  sayTemplate(selector, kind) {
    this.message.replaceChildren(this.root.querySelector(selector).content.cloneNode(true));
    this.messageKind = kind;
  }
}

/** A random UUID; `crypto.randomUUID` exists only where the page came by HTTPS or from this machine. */
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

// --- One task after another ---------------------------------------------------------------------------------------

let screen = open();

function open() {
  const root = document.querySelector("[data-task]");
  for (const button of document.querySelectorAll("[data-keys-button]")) {
    button.hidden = false;
    button.addEventListener("click", toggleKeys);
  }
  return root && new TaskScreen(root);
}

/** Put the page that answered a submission in place of this one: the next task, or word that there is none. */
function show(page) {
  const content = page.querySelector("main");
  if (!content) throw new NotSent(); // Not a page of ours, such as one that a proxy made.
  screen.close();
  document.querySelector("main").replaceChildren(...content.childNodes);
  document.title = page.title;
  screen = open();
  scrollTo(0, 0);
  const heading = document.querySelector("[data-heading]") ?? document.querySelector("main");
  heading.focus({ preventScroll: true });
  announce(screen ? "Next task" : heading.textContent);
}

function announce(text) {
  const announcer = document.querySelector("[data-announcer]");
  announcer.textContent = "";
  setTimeout(() => (announcer.textContent = text), 100); // The same words twice are said twice.
}

// --- Keys ---------------------------------------------------------------------------------------------------------

function toggleKeys() {
  const dialog = document.querySelector("[data-keys]");
  if (dialog?.open) dialog.close();
  else dialog?.showModal();
}

function toggleGuidelines() {
  const guidelines = document.querySelector("[data-guidelines]");
  if (guidelines) guidelines.open = !guidelines.open;
}

const ON_KEY = {
  "?": toggleKeys,
  g: toggleGuidelines,
  c: () => screen.comment.focus(),
  Enter: () => screen.submit(),
};
for (const score of "12345") ON_KEY[score] = () => screen.choose(score);

function hasModifier({ ctrlKey, metaKey, altKey, shiftKey, key }) {
  return ctrlKey || metaKey || altKey || (shiftKey && key !== "?");
}

document.addEventListener("keydown", (event) => {
  if (!screen || event.isComposing) return;
  const { target } = event;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key; // Caps lock changes nothing.
  const isTyping = target.matches("textarea, select, input:not([type=radio])");
  // A held key acts once: Enter, held on the button or a score, would otherwise submit again and again.
  if (event.repeat && !isTyping && key === "Enter") return event.preventDefault();
  if (event.repeat) return;
  const inDialog = document.querySelector("[data-keys]")?.open;
  if (key === "Enter" && (event.ctrlKey || event.metaKey) && !inDialog) {
    event.preventDefault();
    screen.submit();
  } else if (isTyping && key === "Escape") {
    target.blur();
  } else if (isTyping || hasModifier(event) || (inDialog && key !== "?")) {
    return;
  } else if (key in ON_KEY && !(key === "Enter" && target.closest("a, button, summary"))) {
    event.preventDefault();
    ON_KEY[key]();
  }
});

// --- The page in its window ---------------------------------------------------------------------------------------

document.addEventListener("visibilitychange", () => {
  if (document.hidden) screen?.draft.save();
  else screen?.beat();
});
addEventListener("pagehide", () => screen?.draft.leave());
addEventListener("beforeunload", (event) => {
  // Typing of the last moment is sent by `leave`; only what could not be sent is worth a question.
  if (screen?.draft.isFailing) event.preventDefault();
});
