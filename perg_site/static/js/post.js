// Requests of the annotation screen, and the three ways in which they go wrong.

/** Nobody can say whether the server has it: no answer, or an error on its side. Sending it again is safe. */
export class NotSent extends Error {}

/** The server wants a login first. */
export class LoggedOut extends Error {}

/** The server has it and says no; `code` is for programs, `message` for people. */
export class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

export const JSON_TYPE = "application/json";
export const HTML_TYPE = "text/html";

const TIMEOUT = 20_000;

/**
 * Post form data and give {response, body}; throws one of the above.
 *
 * The request outlives the page (`keepalive`), so that what is on its way when the page closes arrives.
 */
export async function post(url, data, type) {
  // A login in another tab renews the token, so the one that came with the page may be out of date.
  const token = csrfToken();
  if (token) data.set("csrfmiddlewaretoken", token);
  let response, body;
  try {
    response = await fetch(url, {
      method: "POST",
      body: data,
      headers: { Accept: type },
      keepalive: true,
      signal: AbortSignal.timeout(TIMEOUT),
    });
    body = await response.text();
  } catch {
    throw new NotSent();
  }
  if (response.redirected && path(response.url) === path(document.body.dataset.loginUrl)) throw new LoggedOut();
  if (response.status >= 500) throw new NotSent();
  if (response.status >= 400 && !response.redirected) throw refusal(body, type);
  return { response, body };
}

function refusal(body, type) {
  try {
    if (type === JSON_TYPE) {
      const problem = JSON.parse(body);
      return new Refused(problem.code, problem.detail);
    }
  } catch {
    // Not the JSON that was asked for, such as a page that a proxy made.
  }
  const page = new DOMParser().parseFromString(body, HTML_TYPE);
  // Without a token of the cookie's, the server cannot know who asks: a new login gives both.
  if (page.querySelector("[data-login-needed]")) return new LoggedOut();
  return new Refused("", page.querySelector("[data-error-message]")?.textContent ?? "The server refused it.");
}

function path(url) {
  return new URL(url, location.href).pathname;
}

function csrfToken() {
  return document.cookie.match(/(?:^|;\s*)csrftoken=([^;]+)/)?.[1];
}
