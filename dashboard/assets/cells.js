// What the tables' columns call by name. Text from the network becomes text nodes only.
(() => {
  const sentinel = window.sentinel;
  const known = (name, otherwise) => (name ? name : otherwise || "");
  window.dashAgGridFunctions = Object.assign(window.dashAgGridFunctions || {}, {
    clockTime: (ts) => sentinel.clockTime(ts),
    dayOrTime: (ts) => sentinel.dayOrTime(ts),
    exactTime: (ts) => sentinel.exactTime(ts),
    bytes: (value) => sentinel.bytes(value),
    milliseconds: (s) => (s == null ? "" : s < 0.001 ? "< 1 ms" : `${Math.round(s * 1000)} ms`),
    sampled: (n) => (n > 1 ? `1 in ${n}` : n === 1 ? "all" : ""),
    stateWord: (state) =>
        ({ open: "Open", acknowledged: "Acknowledged", expected: "Expected", within: "Part of another" })[state] || state || "",
    peer: (row) => (row ? known(row.peer_name, row.peer_ip) : ""),
    otherSide: (row) => (row ? known(row.peer === row.server_ip ? row.server_name : row.peer, row.server_name || row.server_ip) : ""),
    source: (row) => (row ? known(row.src_name, row.src) : ""),
    target: (row) => (row ? known(row.dst_name, row.dst) : ""),
    answer: (row) => {
      if (!row) return "";
      if (row.rcode === null) return "no answer";
      if (row.rcode !== "NOERROR") return row.rcode;
      try { return (JSON.parse(row.answers || "[]") || []).join(", "); } catch { return row.answers; }
    },
  });
  const make = (type, props, ...children) => window.React.createElement(type, props, ...children);
  const functions = window.dashAgGridFunctions;
  const portOf = (proto, port) => (port ? `${proto} ${port}` : proto);
  const twoLines = (first, second, bad) => make("div", { className: "two-lines" },
    make("span", { className: bad ? "first critical" : "first", title: first }, first), make("span", { className: "second" }, second.filter(Boolean).join(" · ")));
  const LEVELS = { 2: ["critical", "▲", "Critical"], 1: ["high", "◆", "High"], 0: ["normal", "●", "Normal"] };
  const TRUST = { trusted: "Trusted", guest: "Guest", iot: "Smart device" };
  window.dashAgGridComponentFunctions = Object.assign(window.dashAgGridComponentFunctions || {}, {
    Severity: ({ value }) => {
      const level = LEVELS[value];
      if (!level) return null;
      return make("span", { className: `severity ${level[0]}` }, make("span", { className: "mark", "aria-hidden": true }, level[1]), level[2]);
    },
    Trust: ({ value, data }) => data && data.router ? make("span", { className: "chip" }, "Router") : data && data.new ? make("span", { className: "chip trust-unknown" }, "New to you") : TRUST[value] ? make("span", { className: `chip trust-${value}` }, TRUST[value]) : null,
    Blocked: ({ value }) => (value ? make("span", { className: "chip blocked" }, value) : null),
    // The cells of phones: who and whom, and below what it was.
    PhoneLookup: ({ data }) => data && twoLines(data.name, [data.device_label || data.client_ip, data.blocked_by ? `on list ${data.blocked_by}` : functions.answer(data)], data.blocked_by),
    PhonePacket: ({ data }) => data && twoLines(`${functions.source(data)} → ${functions.target(data)}`, [portOf(data.proto, data.dport), sentinel.bytes(data.length)]),
    PhoneFlow: ({ data }) => data && twoLines(`${data.device_label || data.client_ip} → ${functions.otherSide(data)}`, [data.service || portOf(data.proto, data.port), `${sentinel.bytes(data.bytes_up)} up, ${sentinel.bytes(data.bytes_down)} down`]),
    DeviceName: ({ value, data }) => {
      const id = Number(data && (data.device !== undefined ? data.device : data.id));
      if (!id || !value) return make("span", null, value || "");
      return make("a", { href: `/devices/${id}`, className: "plain-link", "data-inside": "1", tabIndex: -1 }, value);
    },
    // On phones the worst open alert stands before the name: its column has no room there.
    DeviceRow: (props) => {
      const level = LEVELS[props.data && props.data.severity];
      const name = window.dashAgGridComponentFunctions.DeviceName(props);
      return level ? make("span", null, make("span", { className: `mark phone-mark ${level[0]}`, role: "img", "aria-label": `${level[2]} alert` }, level[1]), name) : name;
    },
  });
  // Links inside tables move within the app, as Dash's own links do.
  sentinel.go = (where) => {
    history.pushState({}, "", where);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    window.scrollTo(0, 0);
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-inside]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    event.stopPropagation();
    sentinel.go(link.getAttribute("href"));
  }, true);
})();
