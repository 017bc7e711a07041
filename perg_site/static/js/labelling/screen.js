// The screen's course: which task is in view, which wait, and what happens when one is done.

import { CriteriaView } from "./criteria_view.js";
import { Draft, contentOf, isSame, sendLeftDrafts } from "./draft.js";
import { announce, Notices } from "./notices.js";
import { Outbox } from "./outbox.js";
import { Reading } from "./reading.js";
import { Refused, Requests } from "./requests.js";
import { States } from "./states.js";
import { Store, newKey } from "./store.js";
import { Supply } from "./supply.js";
import { TaskView } from "./task_view.js";
import { Trail } from "./trail.js";
import { Troubles } from "./troubles.js";
import { WorkTime } from "./work_time.js";

const IN_HAND = 2; // The task in view and the next one.

export class Screen {
  #drafts = new Map();
  #tasks = new Map();
  #inHand = [];
  #task = null;
  #first;

  constructor({ root, config, first }) {
    this.#first = first;
    const { person, campaign, assignmentUrl } = root.dataset;
    this.campaign = Number(campaign);
    this.urlOf = (assignment, what = "") => assignmentUrl.replace("/0/", `/${assignment}/`) + what;
    this.requests = new Requests(person);
    this.store = new Store(person);
    this.outbox = new Outbox({ store: this.store, send: (entry) => this.#send(entry) });
    this.time = new WorkTime();
    const View = root.querySelector("[data-criteria]") ? CriteriaView : TaskView;
    this.view = new View(root.querySelector("[data-task]"));
    this.reading = new Reading(this);
    this.states = new States(root, config);
    const notices = new Notices(root.querySelector("[data-notices]"));
    this.troubles = new Troubles({ notices, outbox: this.outbox, screen: this, config, screenUrl: root.dataset.screenUrl });
    this.trail = new Trail((assignment) => this.#followTrail(assignment));
    this.supply = new Supply({
      requests: this.requests,
      url: config.urls.next,
      holding: () => this.#holding(),
      before: () => this.outbox.flush(),
      arrived: (task, answer) => this.#arrived(task, answer),
      empty: (nothing, answer) => this.#isEmpty(nothing, answer),
      failed: (error) => this.#supplyFailed(error),
    });
    this.#listen();
  }

  start() {
    const { task, nothing } = this.#first;
    this.states.count(this.#first, this.outbox.waiting);
    this.troubles.draw();
    const isOpen = (assignment) => this.#drafts.has(assignment);
    this.outbox.flush().then(() => sendLeftDrafts({ ...this, isOpen }));
    const isAskedFor = new URLSearchParams(location.search).has("assignment");
    if (task && (isAskedFor || !this.outbox.labelOf(task.assignment))) this.#add(task), this.show(task, { as: "replace" });
    else if (nothing) this.#showNothing(nothing), this.#refill();
    else this.#waitForNext();
  }

  get hasTask() {
    return this.#task !== null;
  }

  /** The key of the task in view, null where there is none. */
  get taskInView() {
    return this.#task?.assignment ?? null;
  }

  get canSkip() {
    return ["leased", "released"].includes(this.#task?.status);
  }

  get canGoBack() {
    return this.hasTask ? this.#task.previous !== null : this.trail.last !== null;
  }

  /** Assignments to renew the lease of. */
  get toKeep() {
    return this.#inHand.map(({ assignment }) => assignment);
  }

  // --- From task to task ------------------------------------------------------------------------------------------

  /** Put a task in view. `as` says what becomes of the browser's history: "push", "replace", or null for nothing. */
  show(task, { as, isMove = true } = {}) {
    this.#leaveTask();
    this.#task = task;
    const draft = this.#draftOf(task);
    this.reading.show(task);
    this.view.fill(task, draft.content);
    this.states.task(task);
    this.states.draft(draft);
    this.troubles.ofDraft(draft);
    this.time.start(draft.seconds);
    this.trail.at(task.assignment, as);
    if (as !== "replace" && isMove) this.states.arrive(task);
    this.#refill();
  }

  /** Show one of the person's tasks by its key; a task that is not here is fetched. */
  async open(assignment, as = "push") {
    try {
      const task = this.#tasks.get(assignment) ?? (await this.requests.get(this.urlOf(assignment)));
      this.#add(task);
      this.show(task, { as });
    } catch (error) {
      this.troubles.cannotOpen(assignment, error);
    }
  }

  back() {
    const previous = this.hasTask ? this.#task.previous : this.trail.last;
    if (previous === null) announce("There is no previous task.");
    else if (!this.trail.back(previous)) this.open(previous);
  }

  /** To the task in hand. */
  goOn() {
    if (this.#inHand.length) this.show(this.#inHand[0], { as: "push" });
    else this.#waitForNext();
  }

  // --- What is done with a task -----------------------------------------------------------------------------------

  submit() {
    if (!this.hasTask) return;
    const task = this.#task;
    const content = this.view.read();
    const draft = this.#draftOf(task);
    const problem = this.view.problem(content);
    if (problem) return this.#ask(problem.name, problem.words);
    draft.enter(content, this.time.seconds);
    if (draft.other) return this.view.say("There are two versions of this label: choose one above first.");
    if (task.label && isSame(task.label, content)) return this.goOn(); // Nothing is changed.
    this.addLabel(task, { ...content, seconds: this.time.seconds, based_on: task.label?.revision ?? 0 });
    draft.submitted();
    return this.goOn();
  }

  /** Put a label into the outbox. */
  addLabel(task, fields) {
    const content = contentOf(fields);
    this.troubles.settle(task.assignment);
    this.#entry("submit", task, { ...fields, submission_key: newKey() });
    if (!task.label) this.states.doneOneMore();
    task.label = { ...content, revision: task.label?.revision ?? 0 };
    task.status = "submitted";
    this.#isDone(task);
  }

  skip(reason, note) {
    const task = this.#task;
    this.#draftOf(task).save();
    this.#entry("skip", task, { reason, note });
    task.status = "skipped";
    this.#isDone(task);
    this.goOn();
  }

  flag(reason, note) {
    this.#entry("flag", this.#task, { reason, note });
    this.#task.flags += 1;
    this.states.task(this.#task);
    announce("Flagged.");
  }

  toggleDifferences() {
    const task = this.#task;
    return this.reading.toggleDifferences(task, () => task === this.#task);
  }

  toggleAsWritten() {
    this.reading.toggleAsWritten(this.#task);
  }

  leaseLost(assignment) {
    if (assignment === this.#task?.assignment) return this.states.leaseLost();
    this.#inHand = this.#inHand.filter((task) => task.assignment !== assignment);
    this.#tasks.delete(assignment);
    return this.#refill();
  }

  /** A task that this page knows, else null. */
  taskOf(assignment) {
    return this.#tasks.get(assignment) ?? null;
  }

  /** Another window has labelled this task; the server's word on it. */
  labelledElsewhere(assignment, label) {
    const task = this.#tasks.get(assignment);
    if (!task) return;
    task.label = label;
    task.status = "submitted";
    this.#isDone(task);
    if (task === this.#task) this.states.task(task);
  }

  /** Put content into a task's form, or wait with it as its draft. */
  enter(assignment, content) {
    const task = this.#tasks.get(assignment);
    if (!task) return;
    const draft = this.#draftOf(task);
    draft.enter(content, draft.seconds);
    if (task === this.#task) this.view.write(draft.content);
  }

  // --- Inside -----------------------------------------------------------------------------------------------------

  #listen() {
    this.view.form.addEventListener("input", () => this.#entered());
    this.view.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.outbox.addEventListener("change", () => {
      this.states.outbox(this.outbox, this.store.isLasting);
      this.troubles.draw();
    });
    this.outbox.addEventListener("confirmed", ({ detail }) => this.#confirmed(detail));
    this.outbox.addEventListener("trouble", ({ detail }) => this.#refused(detail.entry));
    this.requests.addEventListener("session", () => {
      this.troubles.session(this.requests.session);
      if (this.requests.session === "in") this.#comeBack();
    });
    this.store.watch(() => this.#otherWindowDid());
    setInterval(() => this.#task && this.#draftOf(this.#task).worked(this.time.seconds), 5_000);
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.#leaveTask();
      else this.#comeBack();
    });
    addEventListener("focus", () => this.#comeBack());
    addEventListener("online", () => this.#comeBack());
    addEventListener("pagehide", () => {
      if (!this.#task) return;
      const draft = this.#draftOf(this.#task);
      draft.worked(this.time.seconds);
      draft.leave();
    });
    addEventListener("beforeunload", (event) => {
      // What the browser keeps is safe; a question is due only where it keeps nothing.
      if (!this.store.isLasting) event.preventDefault();
    });
  }

  #comeBack() {
    this.outbox.flush();
    if (this.#task) this.#draftOf(this.#task).save();
    this.#refill();
  }

  #entered() {
    if (!this.#task) return;
    this.#draftOf(this.#task).enter(this.view.read(), this.time.seconds);
    this.view.say("");
  }

  #ask(name, words) {
    this.view.say(words);
    this.view.focus(name);
  }

  #leaveTask() {
    if (!this.#task) return;
    const draft = this.#draftOf(this.#task);
    draft.worked(this.time.seconds);
    draft.save();
  }

  #draftOf(task) {
    const { assignment } = task;
    if (!this.#drafts.has(assignment)) {
      const draft = new Draft({
        requests: this.requests,
        store: this.store,
        task,
        urls: { task: this.urlOf(assignment), draft: this.urlOf(assignment, "draft/") },
        pending: this.outbox.labelOf(assignment)?.fields,
        mayBeSent: () => !this.outbox.labelOf(assignment),
      });
      this.#drafts.set(assignment, draft);
      draft.addEventListener("state", () => task === this.#task && this.#draftChanged(draft));
      draft.addEventListener("elsewhere", ({ detail }) => detail.label && this.#changedElsewhere(detail));
    }
    return this.#drafts.get(assignment);
  }

  #draftChanged(draft) {
    this.states.draft(draft);
    this.troubles.ofDraft(draft);
    if (!isSame(this.view.read(), draft.content)) this.view.write(draft.content);
  }

  #changedElsewhere({ assignment, label }) {
    const current = this.#tasks.get(assignment)?.label;
    if (current?.revision !== label.revision) this.troubles.elsewhere(assignment, label);
  }

  #add(task) {
    const pending = this.outbox.labelOf(task.assignment);
    if (pending) Object.assign(task, { status: "submitted", label: { ...contentOf(pending.fields), revision: pending.fields.based_on } });
    this.#tasks.set(task.assignment, task);
    if (task.status === "leased" && !this.#inHand.some(({ assignment }) => assignment === task.assignment)) this.#inHand.push(task);
  }

  #isDone(task) {
    this.#inHand = this.#inHand.filter((other) => other !== task);
  }

  #entry(kind, { assignment, question }, fields) {
    return this.outbox.add({ kind, campaign: this.campaign, assignment, fields, about: question.slice(0, 80) });
  }

  /** Send what is in the outbox; a draft that is under way arrives first, or the server would keep it forever. */
  async #send({ kind, assignment, fields }) {
    await this.#drafts.get(assignment)?.settled;
    return this.requests.post(this.urlOf(assignment, `${kind}/`), fields);
  }

  #confirmed({ entry, answer }) {
    const task = this.#tasks.get(entry.assignment);
    if (entry.kind === "submit" && task?.label) task.label.revision = answer.revision;
    if (entry.campaign === this.campaign) this.states.count(answer, this.outbox.waiting);
    if (task && task === this.#task) this.states.task(task);
    this.#refill();
  }

  /** A label that was not accepted is none: the task is as the server has it, with what was entered in its form. */
  #refused({ kind, assignment, fields, trouble }) {
    const task = this.#tasks.get(assignment);
    if (kind !== "submit" || !task) return;
    task.label = trouble.label;
    task.status = trouble.label ? "submitted" : "leased";
    this.#drafts.delete(assignment);
    if (task !== this.#task) return;
    this.enter(assignment, fields);
    this.view.showProblems(trouble.errors);
    this.states.task(task);
  }

  #holding() {
    if (this.#inHand.length >= IN_HAND) return null;
    const done = this.outbox.entries.filter(({ kind }) => kind !== "flag").map(({ assignment }) => assignment);
    return [...new Set([...this.toKeep, ...done])];
  }

  #refill() {
    if (this.#inHand.length < IN_HAND) this.supply.ask();
  }

  #arrived(task, answer) {
    this.states.count(answer, this.outbox.waiting);
    this.#add(task);
    if (!this.#task) this.show(task, { as: "push" });
  }

  #isEmpty(nothing, answer) {
    this.states.count(answer, this.outbox.waiting);
    if (!this.#task && !this.#inHand.length) this.#showNothing(nothing);
  }

  #supplyFailed(error) {
    if (!this.#task) this.states.cannotGetNext(error instanceof Refused ? error.message : "");
  }

  #waitForNext() {
    this.#leaveTask();
    this.#task = null;
    this.states.waiting();
    this.#refill();
  }

  #showNothing(nothing) {
    this.#task = null;
    this.trail.atNothing();
    this.states.nothing(nothing);
  }

  #followTrail(assignment) {
    if (assignment) this.open(assignment, null);
    else this.goOn();
  }

  #otherWindowDid() {
    const here = new Set(this.toKeep);
    for (const { kind, assignment } of this.outbox.waiting) {
      if (kind === "flag" || !here.has(assignment)) continue;
      const task = this.#tasks.get(assignment);
      if (task !== this.#task) this.#isDone(task), this.#tasks.delete(assignment);
      else if (!this.#draftOf(task).isUnsent) this.#isDone(task), this.troubles.doneElsewhere();
    }
    this.#refill();
  }
}
