// Libraries that this page left out (late_scripts.py): each runs when its first component is drawn. The stand-in
// stays in place afterwards, because another component at its place would be drawn anew.
(() => {
  const React = window.React;
  const COMPONENTS = { dash_ag_grid: ["AgGrid"], dash_cytoscape: ["Cytoscape"] };

  function load(library, address, names) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = address;
      script.onload = () => {
        const real = window[library];
        window[library] = { ...real, ...Object.fromEntries(names.map((name) => [name, standIn[library][name]])) };
        resolve(real);
      };
      script.onerror = reject;
      document.head.append(script);
    });
  }

  window.sentinel.whenThere("#content h1", () => setTimeout(() => {
    for (const link of document.querySelectorAll("link[data-late]")) link.rel = "prefetch";
  }, 2000));

  const standIn = {};
  for (const link of document.querySelectorAll("link[data-late]")) {
    const library = link.dataset.late, names = COMPONENTS[library];
    let real = null, loading = null;
    const loaded = () => (loading ??= load(library, link.href, names).then((found) => (real = found)));
    standIn[library] = {};
    for (const name of names) {
      standIn[library][name] = (props) => {
        const [, ready] = React.useState(Boolean(real));
        React.useEffect(() => { if (!real) loaded().then(() => ready(true)); }, []);
        return real ? React.createElement(real[name], props) : null;
      };
    }
    window[library] = { ...standIn[library], getApiAsync: (id) => loaded().then((found) => found.getApiAsync(id)) };
  }
})();
