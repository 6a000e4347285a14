/* The search box by keyboard: "/" goes to it, arrows go through what was found. */
(() => {
  "use strict";
  const box = () => document.querySelector("[data-search]");
  const hits = () => [...document.querySelectorAll("[data-hit]")];

  document.addEventListener("keydown", (event) => {
    const input = box();
    if (!input || event.altKey || event.ctrlKey || event.metaKey) return;
    const found = hits();
    const at = found.indexOf(document.activeElement);
    const inBox = document.activeElement === input;
    if (event.key === "ArrowDown" && found.length && (inBox || at >= 0)) {
      found[Math.min(at + 1, found.length - 1)].focus();
    } else if (event.key === "ArrowUp" && at >= 0) {
      (at === 0 ? input : found[at - 1]).focus();
    } else if (event.key === "Escape" && at >= 0) {
      input.focus();
    } else {
      return;
    }
    event.preventDefault();
  });

  // An answer that comes after she went down into the results takes no person from under
  // her, so that Enter never opens another one: the same stays, or she is back in the box.
  let held = null;
  document.addEventListener("htmx:beforeSwap", () => {
    const active = document.activeElement;
    held = hits().includes(active) ? active.href : null;
  });
  document.addEventListener("htmx:afterSwap", () => {
    if (held === null) return;
    const next = hits().find((hit) => hit.href === held) || box();
    if (next) next.focus();
    held = null;
  });
})();
