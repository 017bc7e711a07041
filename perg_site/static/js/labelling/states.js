// What the screen says of itself: what is saved and sent, how much is done, and why there is no task.

import { answersInWords } from "./answers.js";
import { announce } from "./notices.js";

const DRAFT = {
  "": "",
  saving: "Saving…",
  saved: "Saved",
  offline: "Offline: saved in this browser, will be sent later",
  "logged-out": "Logged out: saved in this browser, will be sent later",
  "another-person": "Another person is logged in: saved in this browser, will be sent later",
  undecided: "Not saved: choose a version above",
  refused: "Not saved on the server: saved in this browser",
};
const TITLES = {
  all_leased: "No tasks available right now",
  not_qualified: "Qualification required",
  in_hand: "You have two open tasks",
};

export class States {
  #root;
  #config;
  #wanted = null;
  #shown = 0;
  #labels;

  constructor(root, config) {
    this.#root = root;
    this.#config = config;
    this.#labels = config.asks_correctness
      ? Object.fromEntries([...root.querySelectorAll("[name=answer_correct]")].map((input) => [input.value, input.dataset.label]))
      : {};
  }

  /** How many are done, as an answer says, and those that wait to be sent. */
  count({ done, wanted }, waiting) {
    if (wanted !== undefined) this.#wanted = wanted;
    if (done === undefined) return;
    this.#showCount(done + waiting.filter(({ kind, fields }) => kind === "submit" && !fields.based_on).length);
  }

  doneOneMore() {
    this.#showCount(this.#shown + 1);
  }

  #showCount(done) {
    this.#shown = done;
    this.#one("done").textContent = this.#wanted ? `${done} of ${this.#wanted} labelled by you` : `${done} labelled by you`;
    const bar = this.#one("quota");
    bar.hidden = !this.#wanted;
    if (this.#wanted) Object.assign(bar, { max: this.#wanted, value: Math.min(done, this.#wanted) });
  }

  // --- The task in view -------------------------------------------------------------------------------------------

  task(task) {
    this.#view("task");
    document.title = "Label · PERG";
    const isDone = task.status === "submitted" && task.label;
    this.#one("task-note").hidden = !(isDone || task.status === "skipped");
    this.#one("task-note-text").textContent = isDone
      ? `You labelled this task: ${this.#inWords(task.label)}. If you submit again, it is recorded as a change.`
      : "You skipped this task. You can still label it.";
    this.#one("lease").textContent = "";
    this.#one("flags").textContent = task.flags ? `Flagged by you${task.flags > 1 ? ` (${task.flags} times)` : ""}` : "";
    for (const button of document.querySelectorAll("[data-act=skip]")) button.disabled = isDone || task.status === "skipped";
    for (const button of document.querySelectorAll("[data-act=back]")) button.disabled = task.previous === null;
    this.#one("submit-words").textContent = isDone ? "Submit change" : "Submit";
  }

  /** A task has come into view: it begins at its top, and screen readers announce it. */
  arrive(task) {
    scrollTo(0, 0);
    this.#one("heading").focus({ preventScroll: true });
    const what = { submitted: "A task that you labelled", skipped: "A task that you skipped" }[task.status] ?? "Next task";
    announce(`${what}. ${this.#one("done").textContent}.`);
  }

  leaseLost() {
    this.#one("lease").textContent = "Your time for this task has run out and another annotator may have it. You can still submit your label.";
  }

  #inWords({ score, answer_correct, comment, answers }) {
    const answer = this.#labels[answer_correct];
    const short = comment.length > 60 ? `${comment.slice(0, 60)}…` : comment;
    return [answers ? answersInWords(answers) : `score ${score}`, answer && `answer correct: ${answer.toLowerCase()}`, short && `“${short}”`].filter(Boolean).join(", ");
  }

  // --- Without a task ---------------------------------------------------------------------------------------------

  waiting() {
    this.#view("waiting");
    this.#one("waiting-text").textContent = "Loading the next task…";
  }

  cannotGetNext(reason) {
    if (this.#one("waiting").hidden) return;
    this.#one("waiting-text").textContent = reason || "Cannot load the next task; retrying. Your work is saved.";
    announce(this.#one("waiting-text").textContent);
  }

  nothing({ code, message }) {
    const title = TITLES[code] ?? "Nothing to label";
    const isNews = this.#one("nothing").hidden || this.#one("nothing-message").textContent !== message;
    this.#view("nothing");
    this.#one("nothing").dataset.nothing = code;
    document.title = `${title} · PERG`;
    this.#one("heading").textContent = title;
    this.#one("nothing-message").textContent = message;
    const link = this.#one("nothing-link");
    link.hidden = code !== "not_qualified";
    link.href = this.#config.urls.qualification;
    if (!isNews) return;
    this.#one("heading").focus({ preventScroll: true });
    announce(`${title}. ${message}`);
  }

  #view(name) {
    for (const view of ["task", "waiting", "nothing"]) this.#one(view).hidden = view !== name;
    if (name === "task") this.#one("heading").textContent = this.#one("heading").dataset.heading;
  }

  // --- What is saved and sent -------------------------------------------------------------------------------------

  draft({ state, reason }) {
    this.#one("draft-state").textContent = DRAFT[state] + (reason ? ` (${reason})` : "");
    this.#one("draft-state").dataset.state = state;
  }

  outbox({ state, waiting }, isLasting) {
    const rest = `${waiting.length} saved ${isLasting ? "in this browser" : "in this window only"}, will be sent later`;
    const words = {
      idle: "",
      sending: "Sending…",
      sent: "All sent",
      offline: `Offline: ${rest}`,
      "logged-out": `Logged out: ${rest}`,
      "another-person": `Another person is logged in: ${rest}`,
    };
    const line = this.#one("outbox-state");
    const wasCalm = ["", "idle", "sending", "sent"].includes(line.dataset.state ?? "");
    line.textContent = words[state];
    line.dataset.state = state;
    const isCalm = ["idle", "sending", "sent"].includes(state);
    if (wasCalm !== isCalm && state !== "sending") announce(words[state]);
  }

  #one(name) {
    return this.#root.querySelector(`[data-${name}]`);
  }
}
