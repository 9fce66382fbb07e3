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
      const count = (many, one) => `${many.toLocaleString("en")} ${one}${many === 1 ? "" : "s"}`;
      const home = data.home ? `, ${count(data.home, "device")} at home` : "";
      parts.push(text("p", count(data.peers, "destination") + home, "muted"));
      const buttons = text("div", "", "buttons");
      buttons.append(link("Open device", `/devices/${data.device}`));
      if (data.severity) buttons.append(link("Its alerts", `/alerts?device=${data.device}&range=all`));
      parts.push(buttons, ...rows("Talks to", data.top));
      const rest = data.peers + data.home - data.top.length;
      if (rest > 0) parts.push(text("p", `and ${rest.toLocaleString("en")} more`, "muted"));
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
      if (data.folded) {
        parts.push(...rows("Destinations, busiest first", data.inside));
        if (data.folded > data.inside.length) parts.push(text("p", `and ${data.folded - data.inside.length} more`, "muted"));
      } else parts.push(...rows("Used by", users.slice(0, 40)));
    }
    place.replaceChildren(...parts);
    document.getElementById("map-legend").hidden = true;
  }
  // On phones two columns at the size of text: devices left, the eight destinations of most note right.
  const PHONE_ROW = 30, PHONE_DESTINATIONS = 8, PHONE_ZOOM = 0.95, PHONE_RIGHT = 204;
  function narrow(box) {
    const short = (words, most) => (words.length > most ? words.slice(0, most - 1) + "…" : words);
    // Names end where the canvas does: as wide as they are drawn, not as many letters.
    const pen = document.createElement("canvas").getContext("2d"), middle = box.querySelector(".map-canvas").clientWidth - PHONE_RIGHT * PHONE_ZOOM;
    pen.font = "13px system-ui, sans-serif";
    const room = (middle - 4) / PHONE_ZOOM - 12, wide = (words) => pen.measureText(words).width > room;
    const named = (words) => {
      let most = words.length;
      while (most > 1 && wide(short(words, most))) most -= 1;
      return short(words, most);
    };
    const height = (node) => node.position("y"), rank = (node) => node.data("rank");
    const column = ["left", "right"].flatMap((side) => cy.nodes(`[side="${side}"]`).sort((a, b) => height(a) - height(b)).toArray());
    const peers = cy.nodes('[t="peer"]').filter((node) => !node.data("folded")).sort((a, b) => rank(a) - rank(b));
    const shown = peers.slice(0, PHONE_DESTINATIONS).sort((a, b) => height(a) - height(b)).toArray();
    const rest = peers.slice(PHONE_DESTINATIONS), tail = cy.getElementById("tail");
    const rows = Math.max(column.length, shown.length + 1), step = (rows * PHONE_ROW) / (shown.length + 1);
    cy.batch(() => {
      column.forEach((node, i) => {
        node.position({ x: 0, y: (i + 0.5) * PHONE_ROW });
        node.data({ side: "left", label: named(node.data("full") || node.data("label")) });
      });
      rest.style("display", "none");
      shown.concat(tail.length ? [tail] : []).forEach((node, i) => {
        node.position({ x: 132, y: (i + 0.5) * step });
        node.style("width", 134);
        node.data("label", short(node.data("folded") ? `${node.data("folded") + rest.length} quieter ones` : node.data("full"), 18));
      });
      cy.edges("[home=1]").style("control-point-distances", -26);
    });
    if (tail.length) tail.data({
      folded: tail.data("folded") + rest.length, full: `${tail.data("folded") + rest.length} quieter ones`,
      inside: rest.map((node) => [node.data("full"), node.data("size"), node.data("severity")]).concat(tail.data("inside")),
    });
    cy.fit(cy.nodes(":visible"), 6);
    if (cy.zoom() < 0.8) { cy.zoom(PHONE_ZOOM); cy.pan({ x: middle, y: 4 }); }
  }
  // The canvas cannot be reached by keyboard, this list can: it says what the canvas shows, and chooses.
  function chooser(place) {
    const list = document.createElement("select"), label = text("label", "Show the links of");
    list.id = "map-choice";
    label.htmlFor = list.id;
    const groups = [["Devices", "device"], ["Destinations", "peer"]];
    list.append(new Option("Choose one…", ""));
    for (const [title, kind] of groups) {
      const group = document.createElement("optgroup");
      group.label = title;
      const nodes = cy.nodes(`[t="${kind}"]`).filter((node) => node.visible()).toArray();
      if (kind === "device") nodes.sort((a, b) => a.data("full").localeCompare(b.data("full")));
      for (const node of nodes) {
        const level = { 2: ", critical alert", 1: ", high alert" }[node.data("severity")] || "";
        group.append(new Option(node.data("full") + level, node.id()));
      }
      if (nodes.length) list.append(group);
    }
    const take = () => { if (list.value) choose(cy.getElementById(list.value)); else clear(); };
    list.addEventListener("change", take);
    typed(list, take);
    place.replaceChildren(label, list);
  }
  // Browsers forget what was typed after a second, and open the list at Enter: here a name may be typed
  // slowly, is found by its middle too, and Enter takes it.
  const FORGOTTEN_AFTER_MS = 4000;
  function typed(list, take) {
    let words = "", last = 0;
    list.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const letter = event.key.length === 1 && (event.key !== " " || words);
      if (event.key === "Enter") { words = ""; event.preventDefault(); return take(); }
      if (event.key === "Backspace") words = words.slice(0, -1);
      else if (!letter) { words = ""; return undefined; }
      else words = (event.timeStamp - last > FORGOTTEN_AFTER_MS ? "" : words) + event.key.toLowerCase();
      event.preventDefault();
      last = event.timeStamp;
      const options = [...list.options].filter((option) => option.value);
      const found = options.find((o) => o.text.toLowerCase().startsWith(words)) || options.find((o) => o.text.toLowerCase().includes(words));
      if (words && found) { list.value = found.value; take(); }
      return undefined;
    });
  }
  function listed(id) {
    const list = document.querySelector(".map-choose select");
    if (list && list.value !== id) list.value = id;
  }
  function choose(node) {
    cy.batch(() => {
      cy.elements().addClass("dim").removeClass("hot chosen");
      node.removeClass("dim").addClass("chosen");
      node.connectedEdges().removeClass("dim").addClass("hot");
      node.neighborhood("node").removeClass("dim");
    });
    describe(node);
    listed(node.id());
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
    listed("");
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
      if (matchMedia("(max-width: 700px)").matches) narrow(box);
      const place = document.querySelector(".map-choose");
      if (place) chooser(place);
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
