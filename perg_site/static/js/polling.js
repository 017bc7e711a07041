// Fragments that htmx asks for again and again: a person who was logged out meanwhile gets the login page as a page.

import "./focus.js";

const loginPath = new URL(document.body.dataset.loginUrl, location.href).pathname;

document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (new URL(event.detail.xhr.responseURL, location.href).pathname === loginPath) {
    event.detail.shouldSwap = false;
    location.reload();
  }
});
