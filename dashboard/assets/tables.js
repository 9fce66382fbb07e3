// Tables on the page: their width on phones, what choosing a row does, and narrowing those that are whole.
(() => {
  const sentinel = window.sentinel;

  // On phones the side columns go and the rows are tall enough for a text of three lines; elsewhere
  // sentences have two.
  const ROW = 34, WRAPPED_ROW = 46, PHONE_ROW = 66;
  function fitPhone(api, box) {
    const small = matchMedia("(max-width: 700px)"), contexts = api.getColumns().map((column) => column.getColDef().context || {});
    const wraps = contexts.some((c) => c.wraps), wide = contexts.some((c) => c.wraps && !c.narrow);
    const fit = () => {
      if (api.isDestroyed()) return small.removeEventListener("change", fit);
      const of = (kind) => api.getColumns().filter((column) => column.getColDef().context?.[kind]);
      api.setColumnsVisible(of("wide"), !small.matches);
      api.setColumnsVisible(of("narrow"), small.matches);
      const row = wraps && small.matches ? PHONE_ROW : wide ? WRAPPED_ROW : ROW;
      box.style.setProperty("--row", row + "px");
      if (wraps) { api.setGridOption("rowHeight", row); api.resetRowHeights(); }
      const sized = api.getColumns().filter((column) => column.getColDef().context?.phone);
      api.setColumnWidths(sized.map((column) => {
        const given = column.getColDef();
        return { key: column, newWidth: small.matches ? given.context.phone : given.width };
      }));
    };
    small.addEventListener("change", fit);
    fit();
  }
  function chooses(api, choose) {
    api.addEventListener("rowClicked", (e) => { if (!e.event?.target?.closest?.("a")) choose(e.data); });
    api.addEventListener("cellKeyDown", (e) => { if (e.event.key === "Enter") choose(e.data); });
  }

  sentinel.whenThere("[data-feed]", async (box) => {
    const api = await window.dash_ag_grid.getApiAsync(box.dataset.grid);
    if (!document.contains(box)) return;
    fitPhone(api, box);
    sentinel.feed = new sentinel.Feed(box, api);
    if (box.dataset.selects) chooses(api, (row) => window.dash_clientside.set_props(box.dataset.selects, { data: row.id }));
  });
  sentinel.whenThere("[data-table]", async (box) => {
    const api = await window.dash_ag_grid.getApiAsync(box.dataset.table);
    if (!document.contains(box)) return;
    fitPhone(api, box);
    chooses(api, (row) => sentinel.go(box.dataset.opens + row.id));
    sentinel.table = { api, filter: (filters) => narrow(api, filters, box) };
    narrow(api, new URLSearchParams(location.search), box);
  });
  // A table that is wholly here is narrowed here.
  function narrow(api, filters, box) {
    api.setGridOption("quickFilterText", filters.get("q") || "");
    const trust = filters.get("trust");
    const wanted = trust && trust !== "all" ? trust : null;
    const passes = (row) => !wanted || (wanted === "new" ? row.new : row.trust === wanted && !row.new && !row.router);
    api.setGridOption("doesExternalFilterPass", (node) => passes(node.data));
    api.setGridOption("isExternalFilterPresent", () => Boolean(wanted));
    api.onFilterChanged();
    const shown = { device: 0, router: 0 };
    api.forEachNodeAfterFilter((node) => { shown[node.data.router ? "router" : "device"] += 1; });
    const words = Object.entries(shown).filter(([, count]) => count).map(([what, count]) => `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`);
    box.querySelector(".feed-status").textContent = words.join(", ") || "No devices with these filters.";
  }
})();
