// One poll a tab: what changed on the whole, and the news of the one feed on screen.
// The next poll is planned after the answer, so polls never overlap; a hidden tab does not ask.
(() => {
  const sentinel = (window.sentinel = window.sentinel || {});
  const PERIOD = 2000, LONGEST = 30000, REDRAW_EVERY = 30000, SOONEST_RELOAD = 4000;
  let timer = null, busy = false, failures = 0, revision = null, redrawn = Date.now();

  async function poll() {
    clearTimeout(timer);
    if (busy || document.hidden) return;
    busy = true;
    const feed = sentinel.feed;
    try {
      const wanted = feed ? feed.wanted() : new URLSearchParams();
      const response = await fetch("/api/v1/live?" + wanted, { cache: "no-store" });
      if (response.status === 401) { location.assign("/login"); return; }
      if (!response.ok && response.status !== 503) throw new Error(response.status);
      const news = await response.json();
      failures = 0;
      show(news);
      if (feed && feed === sentinel.feed && news.feed) feed.accept(news.feed, wanted);
    } catch {
      failures += 1;
      watch({ state: "lost", text: "Connection lost, trying again" });
    } finally {
      busy = false;
      timer = setTimeout(poll, failures ? Math.min(LONGEST, PERIOD * 2 ** (failures - 1)) : PERIOD);
    }
  }

  // A page is opened anew where it is not that of its address, because the server did not answer when it was
  // asked for (asked.js); where it says that the database does not answer, as soon as that does; and where it
  // shows a database that another one has taken the place of.
  let file = null;
  function outdated(news) {
    if (sentinel.behind || !news.counts) return sentinel.behind;
    file ??= news.file;
    return file !== news.file || document.querySelector("[data-redraw='state-redraw']");
  }

  function show(news) {
    watch(news.watch);
    if (outdated(news) && performance.now() > SOONEST_RELOAD) return location.reload();
    if (!news.counts) return;
    counters = { ...news.counts, attention: news.counts.critical + news.counts.high };
    count();
    if (revision !== null && (revision !== news.revision || Date.now() - redrawn > REDRAW_EVERY)) redraw();
    revision = news.revision;
  }

  let said = null;
  function watch(state) {
    const place = document.getElementById("watch");
    if (!place || !state) return;
    const key = JSON.stringify(state);
    if (key === said && place.textContent) return;
    said = key;
    const since = state.since ? " since " + sentinel.moment(state.since) : "";
    place.className = "watch " + state.state;
    place.textContent = state.text + since;
    place.title = state.fix || "";
  }

  let counters = null;
  function count() {
    if (!counters) return;
    for (const place of document.querySelectorAll("[data-live]")) {
      const value = counters[place.dataset.live];
      if (value === undefined) continue;
      const text = value.toLocaleString("en");
      if (place.classList.contains("badge")) { place.hidden = !value; place.title = `Open incidents that are critical or high: ${text}`; }
      if (place.textContent !== text) place.textContent = text;
    }
  }

  function redraw() {
    redrawn = Date.now();
    for (const mark of document.querySelectorAll("[data-redraw]")) {
      window.dash_clientside.set_props(mark.dataset.redraw, { data: redrawn });
    }
  }

  sentinel.poll = poll;
  document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });

  sentinel.whenThere("[data-live]", count);
  sentinel.whenThere("#content h1", () => {
    document.getElementById("first-paint")?.remove();
    document.body.classList.add("ready");
  });

  timer = setTimeout(poll, 300);
})();
