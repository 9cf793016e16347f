// Conveniences; every page works without them.
(function () {
  const language = document.documentElement.lang;
  const inZone = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" });

  // Times come in UTC; show them in the reader's zone and keep UTC as the tooltip.
  function localise(root) {
    for (const element of root.querySelectorAll("time[datetime]")) {
      element.title = element.textContent;
      element.textContent = inZone.format(new Date(element.dateTime));
    }
  }

  // While a message is on its way, fetch its page again and take over the progress.
  const firstPauseMs = 1000;
  const longestPauseMs = 15000;
  async function follow(pauseMs) {
    const shown = document.querySelector("[data-poll]");
    if (!shown) return;
    await new Promise((wake) => setTimeout(wake, pauseMs));
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    if (answer && answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!page.querySelector("[data-poll]")) {
        location.reload(); // It has come to rest: the buttons below change too.
        return;
      }
      const fresh = page.getElementById(shown.id);
      localise(fresh);
      shown.replaceChildren(...fresh.childNodes);
    }
    follow(Math.min(pauseMs * 1.5, longestPauseMs));
  }

  // Buttons that copy what stands beside them; a browser without a clipboard shows none.
  function offerCopies() {
    if (!navigator.clipboard) return;
    for (const button of document.querySelectorAll("[data-copy]")) {
      button.hidden = false;
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
        button.nextElementSibling.textContent = button.dataset.copied;
      });
    }
  }

  localise(document);
  offerCopies();
  follow(firstPauseMs);
})();
