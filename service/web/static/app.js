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

  // What is shown stays when the server is not there for a moment: it is looked at again anyway. Any other
  // refusal, and one of what somebody has asked for, becomes the page; so does what another tab has signed in
  // to, which is nothing for this page. 422 is an answer: a filter is wrong.
  document.addEventListener("htmx:after:request", (event) => {
    const { request, response, sourceElement, text } = event.detail.ctx;
    const isAnswer = response.status < 400 || response.status === 422;
    if (isAnswer && text.includes(document.querySelector("[name=form_token]").value)) return;
    event.preventDefault();
    if (response.status < 500 || sourceElement.matches("form")) location.assign(request.action);
  });

  // Before it is compared with what is shown: nothing flickers, and nothing is read out twice.
  document.addEventListener("htmx:before:swap", (event) => {
    for (const task of event.detail.tasks) offerCopies(task.fragment);
  });

  // A form is sent once, however often its button is pressed before the answer is there.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    const isLive = "live" in form.dataset && window.TextDecoderStream;
    if (isLive || form.ariaBusy === "true") event.preventDefault();
    if (form.ariaBusy === "true") return;
    form.ariaBusy = "true";
    if (isLive) follow(form);
  });

  // Whoever comes back finds the page as it was left, and may send its forms again.
  window.addEventListener("pageshow", () => {
    for (const form of document.forms) form.ariaBusy = null;
  });

  // A check at somebody else's server: its steps appear as they happen, then the page that comes of it.
  const LINES = "application/x-ndjson";

  async function follow(form) {
    const steps = form.querySelector("[data-lost]");
    steps.replaceChildren();
    try {
      show(await outcome(form, steps), new URL(form.action).hash);
    } catch {
      const lost = document.createElement("li");
      lost.textContent = steps.dataset.lost;
      steps.replaceChildren(lost);
      form.ariaBusy = "false";
    }
  }

  async function outcome(form, steps) {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { Accept: LINES },
    });
    if (answer.headers.get("Content-Type") !== LINES) return { page: await answer.text() };
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ""; ; ) {
      const { value, done } = await reader.read();
      if (done) throw new Error("cut off");
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const said of lines.map(JSON.parse)) {
        if (said.page) return said;
        steps.querySelector("li[aria-hidden]")?.remove();
        steps.insertAdjacentHTML("beforeend", said.step);
      }
    }
  }

  function show({ page, address }, hash) {
    const shown = new DOMParser().parseFromString(page, "text/html");
    if (address) history.replaceState(null, "", address);
    document.title = shown.title;
    document.body.replaceWith(shown.body);
    offerCopies(document);
    htmx.process(document.body);
    // As the browser itself comes to a page: at its part that the form names, or at its top.
    const part = hash && document.querySelector(hash);
    (part || document.getElementById("main")).focus({ preventScroll: true });
    if (part) part.scrollIntoView();
    else window.scrollTo(0, 0);
  }

  offerCopies(document);
})();
