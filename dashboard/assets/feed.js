// A table that grows: newest rows first, older ones on scrolling, news on top while nobody scrolls.
(() => {
  const sentinel = window.sentinel;
  const PAGE = 200, MOST_LIVE = 2000, PHONE = "(max-width: 700px)";

  function filtersFromAddress(defaults) {
    const filters = new URLSearchParams(defaults);
    for (const [name, value] of new URLSearchParams(location.search)) if (!["id", "row", "view"].includes(name)) filters.set(name, value);
    return filters;
  }
  const place = () => location.pathname + (new URLSearchParams(location.search).get("view") || "");
  const objects = (page) => page.rows.map((row) => Object.fromEntries(page.columns.map((name, i) => [name, row[i]])));

  class Feed {
    constructor(box, api) {
      this.box = box;
      this.api = api;
      this.name = box.dataset.feed;
      this.place = place();
      this.held = [];
      this.paused = false;
      this.filters = filtersFromAddress(box.dataset.defaults);
      this.pauseButton = box.querySelector(".pause");
      this.newButton = box.querySelector(".feed-new");
      this.pauseButton.addEventListener("click", () => this.pause(!this.paused));
      this.newButton.addEventListener("click", () => { api.ensureIndexVisible(0, "top"); this.pause(false); });
      api.addEventListener("bodyScrollEnd", () => { this.older(); if (this.atTop()) this.release(); });
      api.addEventListener("modelUpdated", () => this.older());
      this.head();
    }
    get alive() { return document.contains(this.box) && !this.api.isDestroyed(); }
    atTop() { return (this.api.getVerticalPixelRange?.().top || 0) < 20; }

    wanted() {
      const wanted = new URLSearchParams(this.filters);
      if (this.newest !== undefined && this.alive) { wanted.set("feed", this.name); wanted.set("since", this.newest); }
      return wanted;
    }
    filter(filters) {
      if (String(filters) === String(this.filters)) return;
      this.filters = filters;
      this.head();
    }
    async fetch(before) {
      const query = new URLSearchParams(this.filters);
      query.set("n", PAGE);
      if (before) query.set("before", before);
      const response = await fetch(`/api/v1/rows/${this.name}?${query}`, { cache: "no-store" });
      const page = await response.json();
      if (!response.ok) throw new Error(page.fix ? `${page.error} ${page.fix}` : page.error);
      return page;
    }
    async head() {
      const turn = (this.turn = (this.turn || 0) + 1);
      this.loading = true;
      this.held = [];
      try {
        const page = await this.fetch();
        if (turn !== this.turn || !this.alive) return;
        this.api.setGridOption("rowData", objects(page));
        this.cursor = page.cursor;
        this.newest = page.newest || 0;
        this.failed = "";
        this.sampling(page);
        this.goOn(page, turn);
      } catch (error) {
        if (turn === this.turn) { this.failed = error.message; if (this.alive) this.api.setGridOption("rowData", []); }
      } finally {
        if (turn === this.turn) { this.loading = false; this.status(); }
      }
    }
    async older() {
      if (this.loading || !this.cursor || !this.alive) return;
      if (this.api.getLastDisplayedRowIndex() < this.api.getDisplayedRowCount() - 30) return;
      const turn = this.turn;
      this.loading = true;
      try {
        const page = await this.fetch(this.cursor);
        if (turn !== this.turn || !this.alive) return;
        this.cursor = page.cursor;
        const rows = objects(page).filter((row) => !this.api.getRowNode(String(row.id)));
        this.loading = false;
        this.api.applyTransaction({ add: rows });
        this.goOn(page, turn);
      } catch (error) {
        this.failed = error.message;
      } finally {
        this.loading = false;
        this.status();
      }
    }
    // The server looks through history for a bounded time and says how far back it came: on from there,
    // as long as the rows found do not fill the screen.
    goOn(page, turn) {
      this.searched = page.searched;
      if (!page.searched || turn !== this.turn) return;
      if (document.hidden) setTimeout(() => this.goOn(page, turn), 1000);
      else setTimeout(() => { if (turn === this.turn) this.older(); }, 20);
    }
    accept(page, asked) {
      const mine = this.wanted();
      if (!this.alive || String(asked) !== String(mine)) return;
      if (!page.rows.length && !page.searched) { this.newest = page.newest || this.newest; return; }
      if (page.rows.length >= page.limit || page.searched) { if (this.atTop() && !this.paused) this.head(); else this.skipped = true; }
      this.newest = page.newest;
      this.sampling(page);
      this.held = objects(page).concat(this.held).slice(0, MOST_LIVE);
      if (!this.paused && this.atTop()) this.release();
      this.status();
    }
    release() {
      if (this.paused || !this.held.length) return;
      if (this.skipped) { this.skipped = false; return this.head(); }
      const known = new Map();
      for (const row of this.held) if (!known.has(row.id)) known.set(row.id, row);
      this.held = [];
      const rows = [...known.values()];
      const update = rows.filter((row) => this.api.getRowNode(String(row.id)));
      const add = rows.filter((row) => !this.api.getRowNode(String(row.id)));
      this.api.applyTransaction({ add, addIndex: 0, update });
      this.cap();
      this.status();
    }
    cap() {
      const count = this.api.getDisplayedRowCount(), remove = [];
      if (count <= MOST_LIVE + PAGE) return;
      for (let i = MOST_LIVE; i < count; i += 1) remove.push(this.api.getDisplayedRowAtIndex(i).data);
      const last = this.api.getDisplayedRowAtIndex(MOST_LIVE - 1).data;
      this.cursor = last.change || last.id;
      this.searched = null;
      this.api.applyTransaction({ remove });
    }
    pause(on) {
      this.paused = on;
      this.pauseButton.textContent = on ? "Resume" : "Pause";
      this.pauseButton.setAttribute("aria-pressed", String(on));
      if (!on) this.release();
      this.status();
    }
    status() {
      const count = this.api.getDisplayedRowCount();
      const what = count === 1 ? this.box.dataset.what.replace(/s$/, "") : this.box.dataset.what;
      const back = this.searched && this.cursor ? `searched back to ${sentinel.moment(this.searched)}` : "";
      const more = back ? `, ${back}` : this.cursor ? ", scroll for older ones" : "";
      this.box.querySelector(".feed-status").textContent =
        this.failed || (count ? `${count.toLocaleString("en")} ${what}${more}` : back ? `No ${what} found yet, ${back}, going on…` : `No ${what} with these filters.`);
      this.box.querySelector(".feed-status").classList.toggle("failed", Boolean(this.failed));
      this.newButton.hidden = !this.held.length;
      this.newButton.textContent = `${this.skipped ? "Many" : this.held.length} new`;
    }
    sampling(page) {
      const place = document.getElementById("sampling"), column = page.columns.indexOf("sample");
      if (!place || column < 0 || !page.rows.length) return;
      const n = page.rows[0][column];
      place.hidden = n <= 1;
      place.textContent = n > 1 ? `Traffic is faster than the log: 1 of ${n} packets is shown. Conversations are complete.` : "";
    }
    decided(decision) {
      if (decision.many) return this.head();
      const node = this.api.getRowNode(String(decision.id));
      if (!node) return;
      const wanted = this.filters.get("state");
      if (wanted && wanted !== "all" && wanted !== decision.state) this.api.applyTransaction({ remove: [node.data] });
      else node.setDataValue("state", decision.state);
      this.status();
    }
  }

  // On phones the side columns go and the rows are tall enough for a text of three lines; elsewhere
  // sentences have two.
  const ROW = 34, WRAPPED_ROW = 46, PHONE_ROW = 66;
  function fitPhone(api, box) {
    const small = matchMedia(PHONE), contexts = api.getColumns().map((column) => column.getColDef().context || {});
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
    sentinel.feed = new Feed(box, api);
    if (box.dataset.selects) chooses(api, (row) => window.dash_clientside.set_props(box.dataset.selects, { data: row.id }));
  });
  sentinel.whenThere("[data-table]", async (box) => {
    const api = await window.dash_ag_grid.getApiAsync(box.dataset.table);
    if (!document.contains(box)) return;
    fitPhone(api, box);
    chooses(api, (row) => sentinel.go(box.dataset.opens + row.id));
    sentinel.table = { api, filter: (filters) => narrow(api, filters) };
    narrow(api, new URLSearchParams(location.search));
  });
  // A table that is wholly here is narrowed here.
  function narrow(api, filters) {
    api.setGridOption("quickFilterText", filters.get("q") || "");
    const trust = filters.get("trust");
    const wanted = trust && trust !== "all" ? trust : null;
    const passes = (row) => !wanted || (wanted === "new" ? row.new : row.trust === wanted);
    api.setGridOption("doesExternalFilterPass", (node) => passes(node.data));
    api.setGridOption("isExternalFilterPresent", () => Boolean(wanted));
    api.onFilterChanged();
  }

  // Downloads hold what is filtered.
  function exporting() {
    for (const box of document.querySelectorAll("[data-export]")) {
      const filters = filtersFromAddress(box.closest(".feed")?.dataset.defaults || "");
      for (const link of box.querySelectorAll("a")) {
        link.href = `${box.dataset.export}.${link.textContent.toLowerCase()}${filters.size ? "?" + filters : ""}`;
      }
    }
  }
  sentinel.whenThere("[data-export]", exporting);

  // Filters live in the address, so that it can be shared and the back button works: a choice is a place of
  // its own, what is being typed is not.
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
    if (changed && byChoice()) history.pushState({}, "", where);
    else if (changed) history.replaceState(history.state, "", where);
    if (sentinel.feed?.alive) sentinel.feed.filter(filtersFromAddress(sentinel.feed.box.dataset.defaults));
    exporting();
    if (sentinel.table && !sentinel.table.api.isDestroyed()) sentinel.table.filter(address);
    return window.dash_clientside.no_update;
  }
  function alertDecided(decision) {
    if (decision && sentinel.feed?.alive) sentinel.feed.decided(decision);
    sentinel.poll();
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
