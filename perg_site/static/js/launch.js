// The estimate beside the launch form: when it cannot be brought up to date, it says so. What is typed stays.

import "./focus.js";

const loginPath = new URL(document.body.dataset.loginUrl, location.href).pathname;
const estimate = document.querySelector("[data-estimate]");
const stale = document.querySelector("[data-estimate-stale]");
const form = estimate.closest("form");

// A login in another tab renews the token, so the one that came with the page may be out of date.
function renewToken() {
  const token = document.cookie.match(/(?:^|;\s*)(?:__Host-)?csrftoken=([^;]+)/)?.[1];
  if (token) form.elements.csrfmiddlewaretoken.value = token;
  return form.elements.csrfmiddlewaretoken.value;
}

form.addEventListener("submit", renewToken);

estimate.addEventListener("htmx:configRequest", (event) => {
  event.detail.parameters.csrfmiddlewaretoken = renewToken();
});

estimate.addEventListener("htmx:beforeSwap", (event) => {
  const loggedOut = new URL(event.detail.xhr.responseURL, location.href).pathname === loginPath;
  if (loggedOut) event.detail.shouldSwap = false;
  stale.hidden = !loggedOut && !event.detail.isError;
});

estimate.addEventListener("htmx:sendError", () => { stale.hidden = false; });
