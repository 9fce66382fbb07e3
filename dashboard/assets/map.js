// The map's behaviour: choosing shows all links of a node; news changes severities, never positions.
(() => {
  const sentinel = window.sentinel;
  const LEVEL = { 2: "critical", 1: "high" };
  const MARK = { 2: "▲", 1: "◆" };
  let cy = null;

  // dash-cytoscape always sets the wheel's sensitivity to its default, and cytoscape.js warns of that.
  const warn = console.warn;
  console.warn = (...words) => { if (!String(words[0]).startsWith("You have set a custom wheel sensitivity")) warn(...words); };

  function text(tag, words, className) {
    const element = document.createElement(tag);
    element.textContent = words;
    if (className) element.className = className;
    return element;
  }
  function link(words, href) {
    const element = text("a", words, "button");
    element.href = href;
    element.dataset.inside = "1";
    return element;
  }
  function rows(title, items) {
    const list = document.createElement("ul");
    list.className = "map-links";
    for (const [name, size, severity] of items) {
      const item = document.createElement("li");
      if (severity) item.append(text("span", MARK[severity], `mark ${LEVEL[severity]}`));
      const bdi = text("bdi", name);
      bdi.title = name;
      item.append(bdi, text("span", size, "muted"));
      list.append(item);
    }
    return [text("h3", title), list];
  }
  function describe(node) {
    const data = node.data(), place = document.getElementById("map-chosen");
    if (!place) return;
    const parts = [text("h2", data.full)];
    if (data.severity) {
      const badge = text("p", "", `severity ${LEVEL[data.severity]}`);
      badge.append(text("span", MARK[data.severity], "mark"), data.severity === 2 ? "Critical alert open" : "High alert open");
      parts.push(badge);
    }
    if (data.t === "device") {
      parts.push(text("p", `${data.peers.toLocaleString("en")} destinations`, "muted"));
      const buttons = text("div", "", "buttons");
      buttons.append(link("Open device", `/devices/${data.device}`));
      if (data.severity) buttons.append(link("Its alerts", `/alerts?device=${data.device}&range=all`));
      parts.push(buttons, ...rows("Talks to", data.top));
    } else {
      parts.push(text("p", `${data.size} · ${data.users} ${data.users === 1 ? "device" : "devices"}`, "muted"));
      const users = node.connectedEdges().map((edge) => [edge.source().data("full"), "", edge.data("severity")]);
      users.sort((a, b) => b[2] - a[2] || a[0].localeCompare(b[0]));
      if (!data.folded) {
        const buttons = text("div", "", "buttons");
        if (data.severity) buttons.append(link("Alerts with it", `/alerts?q=${encodeURIComponent(data.full)}&range=all`));
        buttons.append(link("Lookups", `/dns?q=${encodeURIComponent(data.full)}&range=30d`));
        parts.push(buttons);
      }
      parts.push(...rows("Used by", users.slice(0, 40)));
    }
    place.replaceChildren(...parts);
    document.getElementById("map-legend").hidden = true;
  }
  function choose(node) {
    cy.batch(() => {
      cy.elements().addClass("dim").removeClass("hot chosen");
      node.removeClass("dim").addClass("chosen");
      node.connectedEdges().removeClass("dim").addClass("hot");
      node.neighborhood("node").removeClass("dim");
    });
    describe(node);
    remember(node.data("device"));
  }
  // The chosen device stands in the address, so that Back from its page and a shared address find it.
  function remember(device) {
    const address = new URLSearchParams(location.search);
    if (device) address.set("device", device); else address.delete("device");
    history.replaceState(history.state, "", location.pathname + (address.size ? "?" + address : ""));
  }
  function clear() {
    cy.elements().removeClass("dim hot chosen");
    document.getElementById("map-chosen")?.replaceChildren();
    const legend = document.getElementById("map-legend");
    if (legend) legend.hidden = false;
    remember(null);
  }
  function bind(box) {
    const wait = setInterval(() => {
      if (!document.contains(box)) return clearInterval(wait);
      const found = document.getElementById("map")?._cyreg?.cy;
      if (!found || !found.nodes().length) return undefined;
      clearInterval(wait);
      cy = found;
      sentinel.map = cy;
      if (cy.zoom() > 1.25) { cy.zoom(1.25); cy.center(); }
      cy.on("tap", 'node[t="device"], node[t="peer"]', (event) => choose(event.target));
      cy.on("tap", (event) => { if (event.target === cy) clear(); });
      const wanted = cy.getElementById("d" + box.dataset.focus);
      if (wanted.length) choose(wanted);
    }, 50);
  }
  sentinel.whenThere(".map-box", bind);

  function mapStyle(scheme, styles) { return styles[scheme] || styles[sentinel.scheme()]; }
  function mapLevels(levels) {
    if (levels && cy && !cy.destroyed()) {
      cy.batch(() => {
        for (const [id, severity] of Object.entries(levels)) {
          const element = cy.getElementById(id);
          if (element.length && element.data("severity") !== severity) element.data("severity", severity);
        }
      });
    }
    return window.dash_clientside.no_update;
  }
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.sentinel = Object.assign(window.dash_clientside.sentinel || {}, { mapStyle, mapLevels });
})();
