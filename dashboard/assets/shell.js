// Theme, menu on phones, and the mark of the present page.
(() => {
  const sentinel = window.sentinel;
  function theme(clicks) { return clicks ? sentinel.toggle() : sentinel.paint(); }
  function navigated(path) {
    const by = window.dash_clientside.callback_context.triggered.map((t) => t.prop_id);
    if (by.includes("burger.n_clicks")) document.body.classList.toggle("menu");
    else document.body.classList.remove("menu");
    for (const link of document.querySelectorAll("#nav a")) {
      const own = link.getAttribute("href");
      const here = own === "/" ? path === "/" : path === own || path.startsWith(own + "/");
      if (here) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
    }
    if (!document.querySelector("[data-feed]")) sentinel.feed = undefined;
    return window.dash_clientside.no_update;
  }
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("#nav a")) document.body.classList.remove("menu");
    // By fetch: under no-referrer a form's Origin would be null, and the gate refuses that.
    if (event.target.closest?.("#logout")) fetch("/logout", { method: "POST" }).finally(() => location.assign("/login"));
  });
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.sentinel = Object.assign(window.dash_clientside.sentinel || {}, { theme, navigated });
})();
