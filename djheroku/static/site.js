// Follows the keys on the page and spares the reload; every form and link here works without it.
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const keys = $("#keys"), status = $("#status"), alert = $("#alert"), confirm = $("#confirm");
  if (!keys) return;
  document.documentElement.classList.add("js");

  const CALM = 4000; // ms between questions when nothing moves or the site does not answer
  const BRISK = 400;
  const headers = { "X-Requested-With": "fetch" };
  const tabs = "BroadcastChannel" in window ? new BroadcastChannel("keys") : null;
  const parse = (html) => {
    const template = document.createElement("template");
    template.innerHTML = html;
    return template.content.firstElementChild;
  };
  const say = (text) => { status.textContent = text; };
  const complain = (text) => { alert.textContent = text; alert.hidden = !text; };
  const nameOf = (card) => card.getAttribute("aria-label");

  // Put a card as the server drew it where it belongs. The bar is moved rather than replaced, so that it glides.
  function show(html) {
    const fresh = parse(html);
    const old = document.getElementById(fresh.id);
    if (!old) {
      if (!("newest" in keys.dataset)) return;
      keys.prepend(fresh);
      fresh.classList.add("fresh");
    } else if (old.dataset.state === fresh.dataset.state) {
      if (!$("progress", old)) return;
      $("progress", old).value = $("progress", fresh).value;
      $(".percent", old).textContent = $(".percent", fresh).textContent;
      return;
    } else {
      const focused = old.contains(document.activeElement);
      old.replaceWith(fresh);
      if (focused) ($("button, .actions a", fresh) || fresh).focus();
    }
    say(`${nameOf(fresh)}: ${$(".state", fresh).textContent.trim()}`);
    watch();
  }

  function remove(id) {
    const card = document.getElementById(id);
    if (!card) return;
    const focused = card.contains(document.activeElement) || card === document.activeElement;
    const next = card.nextElementSibling || card.previousElementSibling || $("#keys-title");
    card.remove();
    if (focused) next.focus();
    say(`${nameOf(card)} is deleted`);
  }

  // One question at a time, and none from a tab that nobody looks at.
  let timer = 0;
  function watch(delay = BRISK) {
    clearTimeout(timer);
    timer = setTimeout(look, delay);
  }
  async function look() {
    const pending = [...keys.querySelectorAll("[data-state=queued], [data-state=working]")];
    if (!pending.length || document.hidden) return;
    let delay = BRISK;
    for (const card of pending) {
      try {
        const response = await fetch(card.dataset.card, { headers });
        if (response.status === 404) { remove(card.id); continue; }
        if (!response.ok) { delay = CALM; continue; }
        const html = await response.text();
        if (parse(html).dataset.state !== card.dataset.state) tabs?.postMessage({ html });
        show(html);
      } catch {
        delay = CALM;
      }
    }
    watch(Math.max(delay, Math.min(CALM, pending.length * 200)));
  }
  document.addEventListener("visibilitychange", () => { if (!document.hidden) watch(0); });
  tabs?.addEventListener("message", ({ data }) => (data.html ? show(data.html) : remove(data.removed)));

  document.addEventListener("submit", async (event) => {
    const form = event.target, kind = form.dataset.script;
    if (!kind) return;
    event.preventDefault();
    if (form.getAttribute("aria-busy") === "true") return;
    form.setAttribute("aria-busy", "true");
    complain("");
    try {
      const response = await fetch(form.action, { method: "POST", body: new FormData(form), headers });
      const html = (response.headers.get("Content-Type") || "").startsWith("text/html");
      const body = await response.text();
      if (response.status === 204 || (response.status === 404 && kind === "delete")) {
        confirm.close();
        const removed = confirm.dataset.card;
        document.getElementById(removed)?.focus();
        remove(removed);
        tabs?.postMessage({ removed });
      } else if (html && response.ok) {
        if (kind === "ask" && !("newest" in keys.dataset)) return location.assign("/");
        show(body);
        tabs?.postMessage({ html: body });
      } else if (response.status === 404) {
        location.reload();
      } else {
        complain(html ? "That did not work. Please reload the page and try again." : body);
      }
    } catch {
      complain("The site cannot be reached. Check the connection and try again.");
    } finally {
      form.removeAttribute("aria-busy");
      if (kind === "delete" && confirm.open) confirm.close();
    }
  });

  document.addEventListener("click", (event) => {
    const copy = event.target.closest("[data-copy]"), erase = event.target.closest("[data-delete]");
    if (copy) copyFrom(copy);
    if (event.target.closest("[data-cancel]")) confirm.close();
    if (erase && confirm.showModal && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      const card = erase.closest(".card");
      confirm.dataset.card = card.id;
      $("form", confirm).action = erase.href;
      $("[data-name]", confirm).textContent = nameOf(card).toLowerCase();
      confirm.showModal();
    }
  });

  async function copyFrom(button) {
    const value = $(".value", button.closest(".card"));
    let done = true;
    try {
      await navigator.clipboard.writeText(value.textContent);
    } catch {
      // No clipboard outside of https, or not allowed: select it, and let the browser's older command try.
      getSelection().selectAllChildren(value);
      done = document.execCommand("copy");
    }
    const label = button.firstChild, before = button.dataset.before || label.data;
    button.dataset.before = before;
    label.data = done ? "Copied" : "Press Ctrl+C";
    button.classList.add("copied");
    say(done ? "Copied to the clipboard" : "Selected: press Ctrl+C to copy");
    setTimeout(() => { label.data = before; button.classList.remove("copied"); }, 2500);
  }

  watch(BRISK);
})();
