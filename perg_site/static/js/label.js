// The annotation screen: brings its parts together. One task is in view; what is done goes to the outbox at once, and
// the next task, already here, is shown without waiting.

import { ReasonDialog, closesWithEscape, openDialog, toggle } from "./labelling/dialogs.js";
import { Heartbeat } from "./labelling/heartbeat.js";
import { KeySettings } from "./labelling/key_settings.js";
import { Keys } from "./labelling/keys.js";
import { announce } from "./labelling/notices.js";
import { Screen } from "./labelling/screen.js";

const root = document.querySelector("[data-screen]");
const config = JSON.parse(document.getElementById("screen-config").textContent);
const screen = new Screen({ root, config, first: JSON.parse(document.getElementById("first-task").textContent) });

// --- What can be done, by key or by button ------------------------------------------------------------------------

const dialogs = Object.fromEntries(
  [...document.querySelectorAll("[data-dialog]")].map((dialog) => [dialog.dataset.dialog, dialog]),
);
const skipping = new ReasonDialog(dialogs.skip, (reason, note) => screen.skip(reason, note));
const flagging = new ReasonDialog(dialogs.flag, (reason, note) => screen.flag(reason, note));
for (const name of ["keys", "guidelines"]) closesWithEscape(dialogs[name]);

const actions = {
  submit: () => screen.submit(),
  back: () => screen.back(),
  forward: () => screen.goOn(),
  skip: () => (screen.canSkip ? skipping.open(screen.taskInView) : announce("You cannot skip a task you have labelled.")),
  flag: () => flagging.open(screen.taskInView),
  comment: () => screen.view.focus("comment"),
  guidelines: () => toggle(dialogs.guidelines, false),
  history: () => location.assign(config.urls.history),
  keys: () => toggle(dialogs.keys),
};
if (!config.asks_criteria) {
  Object.assign(actions, {
    differences: () => screen.toggleDifferences(),
    as_written: () => screen.toggleAsWritten(),
    correct_yes: () => screen.view.choose("answer_correct", "yes"),
    correct_no: () => screen.view.choose("answer_correct", "no"),
    correct_cannot_tell: () => screen.view.choose("answer_correct", "cannot_tell"),
  });
  for (const score of "12345") actions[`score_${score}`] = () => screen.view.choose("score", score);
}

const WITHOUT_TASK = new Set(["guidelines", "history", "keys"]);

function canAct(name) {
  const dialog = openDialog();
  return dialog ? dialog === dialogs[name] : WITHOUT_TASK.has(name) || (name === "back" && screen.canGoBack) || screen.hasTask;
}

const keys = new Keys({ actions, canAct, choice: (event) => (config.asks_criteria ? screen.view.choice(event) : null) });
new KeySettings({
  dialog: dialogs.keys,
  requests: screen.requests,
  url: config.urls.settings,
  keys: config.keys,
  used(used) {
    keys.use(used);
    if (config.asks_criteria) screen.view.useKeys(Object.keys(actions).map((name) => used[name]));
  },
});

for (const button of document.querySelectorAll("[data-act]")) {
  // The second click of a double click would act on the next task.
  button.addEventListener("click", ({ detail }) => detail > 1 || actions[button.dataset.act]());
}

new Heartbeat({
  requests: screen.requests,
  leaseSeconds: config.lease_seconds,
  tasks: () => screen.toKeep,
  urlOf: screen.urlOf,
  idle: () => screen.time.idle,
  lost: (assignment) => screen.leaseLost(assignment),
});

screen.start();
