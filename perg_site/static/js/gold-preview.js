// The preview of a release: criteria that the server refuses (422) take the preview away, too, so that what was shown for
// others is not released by mistake.

document.body.addEventListener("htmx:beforeSwap", (event) => {
  const form = event.detail.requestConfig.elt;
  if (form.matches("[data-gold-form]") && event.detail.xhr.status === 422) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});
