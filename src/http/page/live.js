// Fetches the page again when a board changed, and puts the new boards in place of the old.
"use strict";
(() => {
  const live = document.getElementById("live");
  let busy = false;
  let again = false;

  async function refresh() {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      const answer = await fetch("/", { cache: "no-store" });
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById("boards");
        if (fresh) {
          document.getElementById("boards").replaceWith(document.importNode(fresh, true));
          document.title = page.title;
        }
      }
    } catch {
      // The event stream notices a lost connection by itself and says so.
    } finally {
      busy = false;
      if (again) {
        again = false;
        setTimeout(refresh, 250);
      }
    }
  }

  const events = new EventSource("/api/events");
  events.addEventListener("board", refresh);
  events.addEventListener("open", () => {
    live.textContent = "live";
    live.dataset.state = "live";
  });
  events.addEventListener("error", () => {
    live.textContent = "connection lost, trying again";
    live.dataset.state = "lost";
  });
  // "3 min ago" grows old by itself.
  setInterval(refresh, 30000);
})();
