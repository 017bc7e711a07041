// Requests of the annotation screen, and the ways in which they go wrong.

/** Nobody can say whether the server has it: no answer, or an error on its side. Sending it again is safe. */
export class NotSent extends Error {
  constructor(wasAnswered = false) {
    super("The server could not be reached.");
    this.wasAnswered = wasAnswered;
  }
}

/** The server wants a login first. */
export class LoggedOut extends Error {}

/** Somebody else has logged in in this browser: nothing of this page may go out as theirs. */
export class AnotherPerson extends Error {}

/** The server has it and says no; `code` is for programs, `message` for people, `problem` has the rest. */
export class Refused extends Error {
  constructor({ code = "", detail = "The server rejected the request.", ...problem } = {}) {
    super(detail);
    this.code = code;
    this.problem = problem;
  }
}

const TIMEOUT = 20_000;
// Browsers refuse more than 64 KiB of bodies that outlive their page, all together.
const LONGEST_KEEPALIVE = 15_000;
const COME_BACK_LATER = new Set([408, 425, 429]);
// Without the cookie's token, the server cannot know who asks: a new login gives both.
const LOGIN_NEEDED = new Set(["csrf_failed", "second_factor_required"]);

/** Fires `session` when its `session` changes: "in", "out" (a login is wanted) or "other" (somebody else's). */
export class Requests extends EventTarget {
  session = "in";
  #person;

  /** `person` is the key of whose page this is: the server refuses to take it for anybody else's. */
  constructor(person) {
    super();
    this.#person = person;
  }

  get(url) {
    return this.#ask(url, {});
  }

  post(url, fields = {}) {
    return this.#send("POST", url, fields);
  }

  put(url, fields) {
    return this.#send("PUT", url, fields);
  }

  /** Send fields as JSON. What is short outlives the page, and so arrives. */
  #send(method, url, fields) {
    const body = JSON.stringify(fields);
    // A login in another tab renews the token: the cookie has the one that counts.
    const headers = { "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
    return this.#ask(url, { method, body, headers, keepalive: body.length < LONGEST_KEEPALIVE });
  }

  async #ask(url, options) {
    try {
      const answer = await this.#answer(url, options);
      this.#isSession("in");
      return answer;
    } catch (error) {
      if (error instanceof Refused) this.#isSession("in");
      if (error instanceof LoggedOut) this.#isSession("out");
      if (error instanceof AnotherPerson) this.#isSession("other");
      throw error;
    }
  }

  #isSession(session) {
    if (session === this.session) return;
    this.session = session;
    this.dispatchEvent(new Event("session"));
  }

  async #answer(url, { headers, ...options }) {
    let response, text;
    try {
      response = await fetch(url, {
        ...options,
        headers: { Accept: "application/json", "X-Person": this.#person, ...headers },
        signal: AbortSignal.timeout(TIMEOUT),
      });
      text = await response.text();
    } catch {
      throw new NotSent();
    }
    // Who is logged out may ask only so often: too often is still logged out.
    if (response.status === 401 || (response.status === 429 && this.session === "out")) throw new LoggedOut();
    if (response.status >= 500 || COME_BACK_LATER.has(response.status)) throw new NotSent(true);
    const document = parsed(text);
    if (response.status >= 400) throw refusal(document);
    if (document === null) throw new NotSent(true); // Not ours, such as the page of a proxy.
    return document;
  }
}

function refusal(problem) {
  if (problem?.code === "another_person") return new AnotherPerson();
  if (LOGIN_NEEDED.has(problem?.code)) return new LoggedOut();
  return new Refused(problem ?? undefined);
}

function parsed(text) {
  try {
    const document = JSON.parse(text);
    return typeof document === "object" ? document : null;
  } catch {
    return null;
  }
}

function csrfToken() {
  return document.cookie.match(/(?:^|;\s*)(?:__Host-)?csrftoken=([^;]+)/)?.[1] ?? "";
}
