// A button that copies the text beside it. Without a script, or where the browser forbids it, one selects and copies.

for (const button of document.querySelectorAll("[data-copy]")) {
  const field = button.parentElement.querySelector("[data-copy-from]");
  const announcer = document.querySelector("[data-announcer]");
  button.hidden = false;
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    let words = "Copied";
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      // No permission, or a site without HTTPS: what is selected is one key away.
      field.select();
      words = "Press Ctrl+C";
    }
    button.textContent = words;
    announcer.textContent = words;
  });
}
