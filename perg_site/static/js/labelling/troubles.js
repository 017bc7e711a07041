// What went wrong and wants a decision or a login: nothing is dropped but by the annotator.

import { answersInWords } from "./answers.js";
import { contentOf } from "./draft.js";
import { announce } from "./notices.js";
import { Refused } from "./requests.js";

const SESSION = {
  out: "You are logged out. Your entries are saved in this browser and will be sent when you log in again.",
  other: "Another person is now logged in in this browser. Your entries are saved here and will be sent when you log in again.",
};

export class Troubles {
  #notices;
  #outbox;
  #screen;
  #config;
  #screenUrl;

  constructor({ notices, outbox, screen, config, screenUrl }) {
    this.#notices = notices;
    this.#outbox = outbox;
    this.#screen = screen;
    this.#config = config;
    this.#screenUrl = screenUrl;
  }

  /** What the server refused: one notice for each. */
  draw() {
    const { troubled } = this.#outbox;
    for (const entry of troubled) this.#entry(entry);
    this.#notices.clearOthers("entry-", troubled.map(({ id }) => `entry-${id}`));
  }

  session(session) {
    if (session === "in") {
      this.#notices.clear("session");
      return announce("You are logged in again.");
    }
    // The login page sends back who is logged in: for another person, logging out comes first.
    const links = session === "out" ? { "Log in (new tab)": this.#config.urls.login } : { "Open the home page (new tab)": "/" };
    this.#notices.show("session", { text: SESSION[session], links, kind: "error" });
    return announce(SESSION[session]);
  }

  /** A label for this task has been decided on: what was in trouble about it is settled. */
  settle(assignment) {
    this.#notices.clear("elsewhere");
    for (const entry of this.#outbox.troubled) {
      if (entry.assignment === assignment && entry.kind === "submit") this.#outbox.drop(entry);
    }
  }

  cannotOpen(assignment, error) {
    const why = error instanceof Refused ? error.message : "the server cannot be reached";
    this.#notices.show("open", {
      text: `This task cannot be opened: ${why}`,
      choices: { "Try again": () => this.#again("open", () => this.#screen.open(assignment)), Close: () => this.#notices.clear("open") },
    });
    announce("This task cannot be opened.");
  }

  #again(notice, act) {
    this.#notices.clear(notice);
    act();
  }

  /** Another version of what is entered. */
  ofDraft({ other }) {
    if (!other) return this.#notices.clear("draft");
    const text = `There is another version of this label, saved ${other.where}: ${inWords(other.content)}. Your version is below. Which one do you want to use?`;
    this.#notices.show("draft", { text, choices: { "Use the other version": other.take, "Keep the version below": other.leave } });
    return announce(text);
  }

  /** The task in view was labelled in another window while something else is entered here. */
  elsewhere(assignment, label) {
    this.#notices.show("elsewhere", {
      text: `This task was labelled in another window: ${inWords(label)}. Your entries here are saved.`,
      choices: {
        "Submit mine as a change": () => this.#again("elsewhere", () => this.#screen.labelledElsewhere(assignment, label)),
        "Keep the other label": () => this.#keepOther(assignment, label),
      },
    });
  }

  doneElsewhere() {
    this.#notices.show("elsewhere", {
      text: "You have labelled this task in another window.",
      choices: { "Continue to the next task": () => this.#again("elsewhere", () => this.#screen.goOn()) },
    });
    announce("You have labelled this task in another window.");
  }

  #entry(entry) {
    const { id, kind, assignment, about, fields, trouble } = entry;
    const what = kind === "submit" ? `Your label (${inWords(fields)})` : kind === "skip" ? "Your skip" : "Your flag";
    const isConflict = kind === "submit" && trouble.code === "already_labelled" && trouble.label;
    const text = isConflict
      ? `“${about}” was labelled in another window: ${inWords(trouble.label)}. Your label here: ${inWords(fields)}.`
      : `${what} for “${about}” was not accepted: ${trouble.message}`;
    const choices = isConflict
      ? {
          "Submit mine as a change": () => this.#submitAsChange(entry),
          "Keep the other label": () => this.#keepOther(assignment, trouble.label, entry),
        }
      : {
          "Go to that task": () => this.#goTo(entry),
          "Try again": () => this.#tryAgain(entry),
          "Discard": () => this.#outbox.drop(entry),
        };
    if (!this.#notices.show(`entry-${id}`, { text, choices, kind: "error" })) return;
    announce(text);
  }

  #submitAsChange(entry) {
    const { assignment, fields, trouble } = entry;
    const task = this.#screen.taskOf(assignment) ?? { assignment, question: entry.about };
    task.label = trouble.label;
    this.#screen.addLabel(task, { ...fields, based_on: trouble.label.revision });
    announce("Submitted as a change.");
  }

  #keepOther(assignment, label, entry) {
    if (entry) this.#outbox.drop(entry);
    this.#notices.clear("elsewhere");
    this.#screen.labelledElsewhere(assignment, label);
    this.#screen.enter(assignment, contentOf(label));
    announce("The other label was kept.");
  }

  async #goTo(entry) {
    if (entry.campaign !== this.#screen.campaign) {
      location.assign(`${this.#screenUrl.replace("/0/", `/${entry.campaign}/`)}?assignment=${entry.assignment}`);
      return;
    }
    await this.#screen.open(entry.assignment);
    if (entry.kind === "submit") this.#screen.enter(entry.assignment, contentOf(entry.fields));
  }

  #tryAgain(entry) {
    this.#outbox.drop(entry);
    this.#outbox.add(entry);
  }
}

function inWords({ score, comment, answers }) {
  return [answers ? answersInWords(answers) : score ? `score ${score}` : "no score", comment && `“${comment}”`].filter(Boolean).join(", ");
}
