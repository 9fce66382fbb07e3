// Plain tables of many rows: Dash draws one component a cell, which takes seconds for some hundred rows, so
// they come as data. Texts from the network become text nodes only.
(() => {
  const sentinel = window.sentinel;
  const KINDS = {
    text: (value) => document.createTextNode(value),
    name: (value) => Object.assign(document.createElement("bdi"), { textContent: value }),
    code: (value) => Object.assign(document.createElement("code"), { textContent: value }),
    time: (value) => { const time = document.createElement("time"); time.dataset.ts = value; return time; },
  };
  function draw(box) {
    const { head, rows, name } = JSON.parse(box.dataset.rows);
    const table = document.createElement("table"), top = table.createTHead().insertRow(), body = table.createTBody();
    table.className = "rows";
    table.setAttribute("aria-label", name);
    for (const title of head) top.append(Object.assign(document.createElement("th"), { textContent: title, scope: "col" }));
    for (const cells of rows) {
      const row = body.insertRow();
      cells.forEach(([kind, value], place) => {
        const cell = row.insertCell();
        cell.dataset.label = head[place];
        cell.append(KINDS[kind](value));
      });
    }
    box.replaceChildren(table);
  }
  sentinel.whenThere("[data-rows]", (box) => {
    draw(box);
    new MutationObserver(() => draw(box)).observe(box, { attributes: true, attributeFilter: ["data-rows"] });
  });
})();
