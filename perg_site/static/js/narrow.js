// A list of checkboxes that one can search: [data-narrow] gets a field that hides what does not match. Without this
// script the list is there whole. What is ticked stays in view, so that nothing is chosen unseen.

for (const box of document.querySelectorAll("[data-narrow]")) {
  const rows = [...box.querySelectorAll("label:has(input[type=checkbox])")].map((label) => label.parentElement);
  if (rows.length < 8) continue;
  const field = document.createElement("input");
  field.type = "search";
  field.setAttribute("aria-label", box.dataset.narrow);
  field.placeholder = box.dataset.narrow;
  field.autocomplete = "off";
  const said = document.createElement("p");
  said.className = "helptext";
  said.setAttribute("role", "status");
  rows[0].parentElement.before(field, said);
  const narrow = () => {
    const sought = field.value.trim().toLocaleLowerCase();
    let shown = 0;
    for (const row of rows) {
      const fits = row.textContent.toLocaleLowerCase().includes(sought);
      row.hidden = !fits && !row.querySelector("input").checked;
      shown += fits;
    }
    said.textContent = sought ? `${shown} of ${rows.length} match; selected entries stay visible` : "";
  };
  field.addEventListener("input", narrow);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault(); // Enter here looks for somebody: it does not send the form.
  });
}
