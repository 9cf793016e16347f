// Conveniences; every page works without them.
(function () {
  const language = document.documentElement.lang;
  const inZone = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" });

  // Times come in UTC; show them in the reader's zone and keep UTC as the tooltip.
  function localise(root) {
    for (const element of root.querySelectorAll("time[datetime]:not([title])")) {
      element.title = element.textContent;
      element.textContent = inZone.format(new Date(element.dateTime));
    }
  }

  // Buttons that copy what stands beside them; a browser without a clipboard shows none.
  function offerCopies(root) {
    if (!navigator.clipboard) return;
    for (const button of root.querySelectorAll("[data-copy]")) button.hidden = false;
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.nextElementSibling.textContent = button.dataset.copied;
  });

  // Before it is compared with what is shown: nothing flickers, and nothing is read out twice.
  document.addEventListener("htmx:before:swap", (event) => {
    for (const task of event.detail.tasks) {
      localise(task.fragment);
      offerCopies(task.fragment);
    }
  });

  // A form whose answer takes its time says so, and is not sent twice.
  function tellProgress() {
    for (const form of document.querySelectorAll("form[data-progress]")) {
      const told = document.getElementById(form.dataset.progress);
      form.addEventListener("submit", (event) => {
        if (told.textContent) event.preventDefault();
        told.textContent = told.dataset.told;
        form.setAttribute("aria-busy", "true");
      });
    }
  }

  localise(document);
  offerCopies(document);
  tellProgress();
})();
