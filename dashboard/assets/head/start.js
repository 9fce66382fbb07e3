// Loaded first: light or dark before the first paint, and a way to care for things as they appear.
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const read = () => { try { return localStorage.getItem("sentinel-theme"); } catch { return null; } };
  const sentinel = (window.sentinel = window.sentinel || {});
  sentinel.scheme = () => read() || (dark.matches ? "dark" : "light");
  sentinel.paint = () => {
    const scheme = sentinel.scheme();
    document.documentElement.dataset.mantineColorScheme = scheme;
    document.documentElement.dataset.agThemeMode = scheme;
    if (document.body) document.body.dataset.agThemeMode = scheme;
    return scheme;
  };
  // Choosing what the system says means: follow the system again.
  sentinel.toggle = () => {
    const next = sentinel.scheme() === "dark" ? "light" : "dark";
    try {
      if (next === (dark.matches ? "dark" : "light")) localStorage.removeItem("sentinel-theme");
      else localStorage.setItem("sentinel-theme", next);
    } catch { /* private windows keep nothing */ }
    return sentinel.paint();
  };
  sentinel.paint();
  dark.addEventListener("change", () => {
    const scheme = sentinel.paint();
    window.dash_clientside?.set_props("provider", { forceColorScheme: scheme });
  });

  // The server draws days that begin at the viewer's midnight.
  document.cookie = `zone=${Math.round(-new Date().getTimezoneOffset() / 60)}; SameSite=Strict; Path=/`;

  // Things that appear on the page are taken care of once, as they appear.
  const cares = [];
  sentinel.whenThere = (selector, care) => { cares.push([selector, care, new WeakSet()]); look(); };
  let looking = false;
  function look() {
    looking = false;
    for (const [selector, care, known] of cares) {
      for (const element of document.querySelectorAll(selector)) {
        if (!known.has(element)) { known.add(element); care(element); }
      }
    }
  }
  new MutationObserver(() => { if (!looking) { looking = true; requestAnimationFrame(look); } })
    .observe(document.documentElement, { childList: true, subtree: true });
})();
