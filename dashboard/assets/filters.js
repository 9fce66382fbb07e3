// Filters and open drawers live in the address, so that it can be shared and Back works.
(() => {
  const sentinel = window.sentinel;

  function filtersFromAddress(defaults) {
    const filters = new URLSearchParams(defaults);
    const address = new URLSearchParams(location.search);
    for (const name of address.keys()) if (!["id", "row", "view"].includes(name)) filters.set(name, address.get(name));
    return filters;
  }
  const place = () => location.pathname + (new URLSearchParams(location.search).get("view") || "");
  Object.assign(sentinel, { filtersFromAddress, place });

  // Downloads hold what is filtered.
  function exporting() {
    for (const box of document.querySelectorAll("[data-export]")) {
      const filters = filtersFromAddress(box.closest(".feed")?.dataset.defaults || ""), known = box.dataset.filters.split(" ");
      for (const name of [...filters.keys()]) if (!known.includes(name)) filters.delete(name);
      for (const link of box.querySelectorAll("a")) {
        link.href = `${box.dataset.export}.${link.textContent.toLowerCase()}${filters.size ? "?" + filters : ""}`;
      }
    }
  }
  sentinel.whenThere("[data-export]", exporting);

  // What no filter has is said once and leaves the address, before anything asks by it.
  sentinel.whenThere("[data-unknown]", (said) => {
    const address = new URLSearchParams(location.search);
    for (const name of said.dataset.unknown.split(" ")) address.delete(name);
    history.replaceState(history.state, "", location.pathname + (address.size ? "?" + address : ""));
  });

  // What is said of one value of a filter goes when another is chosen.
  function sayings() {
    const address = new URLSearchParams(location.search);
    for (const said of document.querySelectorAll("[data-while]")) said.hidden = address.get("device") !== said.dataset.while;
  }

  // A choice of a filter is a place of its own for Back, what is being typed is not.
  let filterIds = [], restoring = false;
  function filterAt(name) {
    const box = document.querySelector("[data-feed], [data-table]");
    const usual = new URLSearchParams(box?.dataset.defaults || "").get(name) || (name === "q" ? "" : "all");
    return new URLSearchParams(location.search).get(name) ?? usual;
  }
  function byChoice() {
    const triggered = window.dash_clientside.callback_context.triggered;
    return triggered.length === 1 && !triggered[0].prop_id.includes('"filter":"q"');
  }
  // Sets the filters to what the address says; `filtered` waits until all of them are.
  function restore() {
    restoring = true;
    setTimeout(() => { restoring = false; }, 500);
    for (const id of filterIds) window.dash_clientside.set_props(id, { value: filterAt(id.filter) });
    sayings();
  }
  function filtered() {
    const inputs = window.dash_clientside.callback_context.inputs_list[0] || [];
    if (!inputs.length) return window.dash_clientside.no_update;
    filterIds = inputs.map((input) => input.id);
    const box = document.querySelector("[data-feed], [data-table], [data-reloads]");
    const defaults = new URLSearchParams(box?.dataset.defaults || "");
    const address = new URLSearchParams(location.search);
    for (const input of inputs) {
      const value = input.value || "", usual = defaults.get(input.id.filter) || "all";
      if (value === usual || (value === "" && usual === "all")) address.delete(input.id.filter);
      else address.set(input.id.filter, value);
    }
    const query = String(address);
    const changed = query !== location.search.replace(/^\?/, "");
    const where = location.pathname + (query ? "?" + query : "");
    if (document.querySelector("[data-reloads]")) {
      // Filters that have just appeared say what the address said then: it may have moved on since.
      if (changed && window.dash_clientside.callback_context.triggered.length === 1) sentinel.go(where);
      return window.dash_clientside.no_update;
    }
    if (restoring && inputs.some((input) => (input.value || "") !== filterAt(input.id.filter))) return window.dash_clientside.no_update;
    restoring = false;
    if (changed) for (const said of document.querySelectorAll("[data-unknown]")) said.hidden = true;
    if (changed && byChoice()) history.pushState({}, "", where);
    else if (changed) history.replaceState(history.state, "", where);
    if (sentinel.feed?.alive) sentinel.feed.filter(filtersFromAddress(sentinel.feed.box.dataset.defaults));
    exporting();
    sayings();
    if (sentinel.table && !sentinel.table.api.isDestroyed()) sentinel.table.filter(address);
    return window.dash_clientside.no_update;
  }
  function alertDecided(decision) {
    if (decision && sentinel.feed?.alive) sentinel.feed.decided(decision);
    sentinel.poll();
    // The button that was pressed is off now, and the next Tab would begin at the top of the page.
    setTimeout(() => { if (document.activeElement === document.body) document.querySelector(".decision")?.focus({ preventScroll: true }); }, 100);
    return window.dash_clientside.no_update;
  }
  // What is open in a drawer is a place of its own: Back closes it, and closing it goes back.
  const DRAWERS = { "alert-chosen": "id", "row-chosen": "row" };
  const shown = (store) => (opened, chosen) => {
    const name = DRAWERS[store], wanted = opened && chosen ? String(chosen) : null;
    const address = new URLSearchParams(location.search);
    if (wanted === address.get(name)) return window.dash_clientside.no_update;
    if (wanted) address.set(name, wanted); else address.delete(name);
    const where = location.pathname + (address.size ? "?" + address : "");
    if (wanted) history.pushState({ opened: true }, "", where);
    else if (history.state?.opened) history.back();
    else history.replaceState(history.state, "", where);
    if (!wanted) window.dash_clientside.set_props(store, { data: null });
    return window.dash_clientside.no_update;
  };
  // Where only the drawer differs, the list stays and Dash need not draw the page anew.
  window.addEventListener("popstate", (event) => {
    const feed = sentinel.feed, store = feed?.box.dataset.selects;
    if (feed?.alive && feed.place === place() && String(filtersFromAddress(feed.box.dataset.defaults)) !== String(feed.filters)) {
      event.stopImmediatePropagation();
      restore();
      if (store) window.dash_clientside.set_props(store, { data: Number(new URLSearchParams(location.search).get(DRAWERS[store])) || null });
      return;
    }
    if (!store || !feed.alive || feed.place !== place()) return;
    if (String(filtersFromAddress(feed.box.dataset.defaults)) !== String(feed.filters)) return;
    event.stopImmediatePropagation();
    const chosen = Number(new URLSearchParams(location.search).get(DRAWERS[store]));
    window.dash_clientside.set_props(store, { data: chosen || null });
  }, true);
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.sentinel = Object.assign(window.dash_clientside.sentinel || {}, { filtered, alertDecided, alertShown: shown("alert-chosen"), rowShown: shown("row-chosen") });
})();
