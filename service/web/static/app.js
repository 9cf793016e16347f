// Conveniences; every page works without them.
(function () {
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
    for (const task of event.detail.tasks) offerCopies(task.fragment);
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

  offerCopies(document);
  tellProgress();
})();
