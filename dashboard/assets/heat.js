// A week as a heat map: a table of days and hours in the viewer's zone, darker for more bytes.
(() => {
  const sentinel = window.sentinel;
  const weekday = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric" });
  const make = (tag, text, props) => Object.assign(document.createElement(tag), { textContent: text || "" }, props);

  function draw(box) {
    const { last, bytes } = JSON.parse(box.dataset.week);
    const most = Math.max(1, ...bytes), days = new Map();
    bytes.forEach((value, i) => {
      const date = new Date((last - bytes.length + 1 + i) * 3600000), key = date.toDateString();
      if (!days.has(key)) days.set(key, { date, hours: new Map() });
      const hours = days.get(key).hours;
      hours.set(date.getHours(), (hours.get(date.getHours()) || 0) + value);
    });
    const table = make("table"), head = table.createTHead().insertRow(), body = table.createTBody();
    head.append(make("td"));
    for (let hour = 0; hour < 24; hour += 1) head.append(make("th", hour % 6 ? "" : `${hour}:00`, { scope: "col" }));
    for (const { date, hours } of [...days.values()].slice(-7)) {
      const row = body.insertRow();
      row.append(make("th", weekday.format(date), { scope: "row" }));
      for (let hour = 0; hour < 24; hour += 1) {
        const cell = row.insertCell(), value = hours.get(hour);
        if (value === undefined) continue;
        // Volumes of a home span orders of magnitude: by their logarithm small ones stay visible.
        const heat = value ? 0.12 + 0.88 * Math.max(0, Math.log10(value / most) / 3 + 1) : 0;
        cell.style.setProperty("--heat", Math.min(1, heat).toFixed(2));
        cell.className = "heat";
        cell.title = `${weekday.format(date)}, ${hour}:00: ${value ? sentinel.bytes(value) : "nothing"}`;
      }
    }
    box.replaceChildren(table);
  }
  sentinel.whenThere("[data-week]", (box) => {
    draw(box);
    new MutationObserver(() => draw(box)).observe(box, { attributes: true, attributeFilter: ["data-week"] });
  });
})();
