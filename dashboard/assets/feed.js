// A table that grows: newest rows first, older ones on scrolling, news on top while nobody scrolls.
(() => {
  const sentinel = window.sentinel;
  const PAGE = 200, MOST_LIVE = 2000;
  const objects = (page) => page.rows.map((row) => Object.fromEntries(page.columns.map((name, i) => [name, row[i]])));

  class Feed {
    constructor(box, api) {
      this.box = box;
      this.api = api;
      this.name = box.dataset.feed;
      this.place = sentinel.place();
      this.held = [];
      this.paused = false;
      this.filters = sentinel.filtersFromAddress(box.dataset.defaults);
      this.pauseButton = box.querySelector(".pause");
      this.newButton = box.querySelector(".feed-new");
      this.pauseButton.addEventListener("click", () => this.pause(!this.paused));
      this.newButton.addEventListener("click", () => { api.ensureIndexVisible(0, "top"); this.pause(false); });
      // The grid tells the end of a scroll late: the page may have been left by then.
      api.addEventListener("bodyScrollEnd", () => { this.older(); if (this.alive && this.atTop()) this.release(); });
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
      // A device that no address can mean has no rows; the page says so, and the server is not asked.
      if (!/^(all|\d*)$/.test(this.filters.get("device") ?? "")) return { columns: [], rows: [], cursor: null, newest: undefined };
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
        this.newest = page.columns.length ? page.newest || 0 : undefined;
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
      if (!this.alive) return;
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
  sentinel.Feed = Feed;
})();
