// What a page asks of the server and what gets no answer. Dash keeps that to itself: the page of an address
// would never come, and a button would seem to have done its work.
(() => {
  const sentinel = window.sentinel;
  const FROM_PROXY = [502, 503, 504];
  const send = window.fetch;

  window.fetch = async (where, options) => {
    if (!String(where).includes("/_dash-update-component")) return send(where, options);
    const asked = JSON.parse(options.body), page = asked.output.includes("_pages_content.children");
    const button = pressed(asked);
    say(button, "");
    try {
      const response = await send(where, options), lost = FROM_PROXY.includes(response.status);
      if (page) sentinel.behind = lost;
      if (!response.ok) say(button, lost ? undefined : `This failed with error ${response.status}: the dashboard's log tells more.`);
      return response;
    } catch (error) {
      if (page) sentinel.behind = true;
      say(button);
      throw error;
    }
  };

  function pressed(asked) {
    const clicked = (asked.changedPropIds || []).find((changed) => changed.endsWith("n_clicks"));
    return clicked && document.getElementById(clicked.slice(0, clicked.lastIndexOf(".")));
  }
  function say(button, words = "No answer from Sentinel, so this is probably not done. Try again.") {
    if (!button) return;
    for (const old of document.querySelectorAll(".unanswered")) old.remove();
    if (words) button.after(Object.assign(document.createElement("span"), { className: "said unanswered", role: "alert", textContent: words }));
  }
})();
