// Times come as seconds since the epoch and are written in the viewer's zone and language.
(() => {
  const sentinel = (window.sentinel = window.sentinel || {});
  const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  const short = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
  const dayAndYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
  const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
  const weekday = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });
  // Charts ask also where nothing is pointed at.
  const span = (ms, hours) => Number.isFinite(ms) ? `${weekday.format(ms)}, ${short.format(ms)} to ${short.format(ms + hours * 3600000)}` : "";
  // Labels of an axis at every n-th hour of the day, on phones half as many. Marks come every half hour, or `hourly`.
  const every = (n, hourly) => (ms) => {
    if (!Number.isFinite(ms)) return "";
    const at = new Date(ms), wanted = n * (window.innerWidth < 700 ? 2 : 1);
    return (hourly || at.getMinutes() < 30) && at.getHours() % wanted === 0 ? short.format(at) : "";
  };
  const date = (ts) => new Date(ts * 1000);
  const today = (d) => d.toDateString() === new Date().toDateString();
  // In January nobody takes 30 December for one that is to come.
  const yearIsPlain = (d) => Date.now() - d < 300 * 86400000 && d - Date.now() < 60 * 86400000;
  const dated = (d) => (yearIsPlain(d) ? day : dayAndYear).format(d);

  sentinel.clockTime = (ts) => { if (ts == null) return ""; const d = date(ts); return today(d) ? clock.format(d) : `${dated(d)} ${short.format(d)}`; };
  sentinel.moment = (ts) => { if (!Number.isFinite(ts)) return ""; const d = date(ts); return today(d) ? short.format(d) : `${dated(d)} ${short.format(d)}`; };
  sentinel.dayOrTime = (ts) => { if (ts == null) return ""; const d = date(ts); return today(d) ? short.format(d) : dated(d); };
  sentinel.exactTime = (ts) => (ts == null ? "" : exact.format(date(ts)));

  function ago(ts) {
    const seconds = Date.now() / 1000 - ts;
    if (seconds < -60) return sentinel.moment(ts);
    if (seconds < 10) return "just now";
    if (seconds < 60) return `${Math.floor(seconds)} s ago`;
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
    if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
    if (seconds < 7 * 86400) { const days = Math.floor(seconds / 86400); return days === 1 ? "1 day ago" : `${days} days ago`; }
    return dated(date(ts));
  }
  function write(element) {
    const ts = Number(element.dataset.ts);
    const text = ago(ts);
    if (element.textContent !== text) element.textContent = text;
    element.dateTime = date(ts).toISOString();
    element.title = sentinel.exactTime(ts);
  }
  const all = () => document.querySelectorAll("time[data-ts]").forEach(write);
  new MutationObserver((changes) => {
    if (changes.some((c) => c.type === "attributes" || c.addedNodes.length)) requestAnimationFrame(all);
  }).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-ts"] });
  setInterval(() => { if (!document.hidden) all(); }, 10000);

  // What charts and tables call by name.
  const bytes = (value) => {
    if (value == null) return "";
    const units = ["B", "kB", "MB", "GB", "TB"];
    let i = 0;
    while (value >= 1000 && i < 4) { value /= 1000; i += 1; }
    return `${i && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[i]}`;
  };
  window.dashMantineFunctions = Object.assign(window.dashMantineFunctions || {}, {
    clock: (ms) => (Number.isFinite(ms) ? short.format(new Date(ms)) : ""),
    moment: (ms) => sentinel.moment(ms / 1000),
    bytes,
    day: (ms) => (Number.isFinite(ms) ? day.format(ms) : ""),
    dayOrHour: (ms) => (Number.isFinite(ms) ? (new Date(ms).getHours() ? short : day).format(ms) : ""),
    span1: (ms) => span(ms, 1), span6: (ms) => span(ms, 6), span24: (ms) => (Number.isFinite(ms) ? weekday.format(ms) : ""),
    every1: every(1), every3: every(3), every6: every(6), hourly1: every(1, true), hourly3: every(3, true), hourly6: every(6, true),
    count: (value) => (value == null ? "" : Math.round(value).toLocaleString()),
    bitrate: (value) => `${bytes(value).replace("B", "bit")}/s`,
  });
  sentinel.bytes = bytes;
})();
