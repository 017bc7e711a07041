// Answers to the criteria of an item: which are asked, what is wrong with them, and how they are said in words.

/** Answers without empty ones, in one order: so that equal ones look equal, however the server stores them. */
export function tidy(answers) {
  const given = Object.entries(answers).filter(([, answer]) => answer !== null && answer !== undefined && answer !== "");
  return Object.fromEntries(given.sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Whether a criterion is asked of who gave these answers to those before it. */
export function isAsked({ only_if: condition }, answers) {
  if (!condition) return true;
  const given = [answers[condition.criterion] ?? []].flat();
  return given.some((key) => condition.answers.includes(key));
}

/** What is wrong with an answer; empty: nothing. The server says the same. */
export function problemOf(criterion, answer) {
  if (answer === null) return criterion.required ? "Answer this." : "";
  return criterion.kind === "numeric" ? problemOfNumber(criterion, answer) : "";
}

/** The number that a text writes, with a point or a comma; the text where it writes none. */
export function numberOf(text) {
  const written = text.trim().replace(",", ".");
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(written) && Number.isFinite(Number(written)) ? Number(written) : text;
}

function problemOfNumber({ lowest, highest, step }, number) {
  if (typeof number !== "number") return "Enter a number.";
  if (lowest !== null && number < lowest) return `Enter at least ${lowest}.`;
  if (highest !== null && number > highest) return `Enter at most ${highest}.`;
  const steps = step === null ? 0 : (number - (lowest ?? 0)) / step;
  return Math.abs(steps - Math.round(steps)) > 1e-6 ? `Enter a number in steps of ${step}${lowest ? ` from ${lowest}` : ""}.` : "";
}

export function answersInWords(answers) {
  const words = Object.entries(answers).map(([key, answer]) => `${key}: ${short([answer].flat().join(", ") || "none")}`);
  return words.join("; ") || "no answers";
}

function short(text) {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
