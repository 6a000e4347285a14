// Small conveniences; every page works without them.
"use strict";
(function () {
  // After an error the summary is what is read first.
  const error = document.querySelector("[data-focus]");
  if (error) error.focus();

  // A form is sent once: the second press of a slow button does nothing.
  document.addEventListener("submit", function (event) {
    const form = event.target;
    if (event.defaultPrevented) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (form.method === "post" && !form.hasAttribute("hx-post")) {
      form.dataset.sent = "1";
      form.setAttribute("aria-busy", "true");
    }
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) {
      delete form.dataset.sent;
      form.removeAttribute("aria-busy");
    });
  });

  // "/" goes to the search box, as operators know it from elsewhere.
  document.addEventListener("keydown", function (event) {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      const box = document.querySelector("[data-search]");
      if (box) { event.preventDefault(); box.focus(); }
    }
  });

  // A node that does not answer is said, until it does; htmx keeps asking by itself.
  const lost = document.querySelector("[data-lost]");
  document.addEventListener("htmx:sendError", function () { lost.hidden = false; });
  document.addEventListener("htmx:afterOnLoad", function () { lost.hidden = true; });

  // Print buttons exist only where they can work.
  document.querySelectorAll("[data-print]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { window.print(); });
  });
})();
