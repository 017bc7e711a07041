// The documentation of the API, drawn from its schema. Requests made from it use the session of the person logged in.

const place = document.getElementById("api-docs");
const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
const dark = window.matchMedia("(prefers-color-scheme: dark)");

// The library's own dark colours are behind this class.
function setColours() {
  document.documentElement.classList.toggle("dark-mode", dark.matches);
}

// Its own layout is a whole page, with a main landmark. Ours has the parts of it that are not on our page already.
function partOfPage({ React }) {
  const draw = React.createElement;
  const PartOfPage = ({ getComponent, specSelectors }) => {
    if (["loading", undefined].includes(specSelectors.loadingStatus())) return draw("p", null, "Loading the schema…");
    return draw(
      "div",
      { className: "swagger-ui" },
      draw(getComponent("SvgAssets")),
      draw(getComponent("errors", true)),
      draw("div", { className: "api-authorize" }, draw(getComponent("AuthorizeBtnContainer", true))),
      draw(getComponent("FilterContainer", true)),
      draw(getComponent("operations", true)),
    );
  };
  return { components: { PartOfPage } };
}

// Nor are its headings on their level below that of ours.
function fitIn() {
  for (const heading of place.querySelectorAll("h3.opblock-tag")) heading.setAttribute("aria-level", "2");
}

dark.addEventListener("change", setColours);
setColours();
new MutationObserver(fitIn).observe(place, { childList: true, subtree: true });
window.SwaggerUIBundle({
  url: place.dataset.schema,
  domNode: place,
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: -1,
  filter: true,
  plugins: [partOfPage],
  layout: "PartOfPage",
  validatorUrl: null,
  requestInterceptor: (request) => {
    if (new URL(request.url, location.href).origin === location.origin) request.headers["X-CSRFToken"] = token;
    return request;
  },
});
