// The switch of a page with detours: everything, or the three-hour path.
//
// The page itself holds all text; this script only hides. The choice is kept in
// localStorage for all pages of the book; where that is forbidden, the switch works for
// the page at hand. A link into a hidden detour, or a search that found a word there,
// opens that detour.
"use strict";
(() => {
  const KEY = "blocks-path";
  const root = document.documentElement;
  const recall = () => {
    try { return localStorage.getItem(KEY); } catch { return null; }
  };
  const remember = (choice) => {
    try { localStorage.setItem(KEY, choice); } catch { /* then for this page only */ }
  };
  const set = (choice) => { root.dataset.blocksPath = choice === "path" ? "path" : "all"; };
  set(recall()); // before the first paint, so that nothing flashes up and vanishes

  const hidden = (detour) =>
    root.dataset.blocksPath === "path" && !detour.classList.contains("opened");
  const plural = (n) => (n === 1 ? "1 detour is" : `${n} detours are`);

  // The words of the search whose results led here, without endings, as the search has it.
  const sought = () => {
    if (!document.referrer) return [];
    const from = new URL(document.referrer);
    if (from.origin !== location.origin || !from.pathname.endsWith("/search.html")) return [];
    const words = (from.searchParams.get("q") || "").toLowerCase().split(/\s+/);
    return words.filter(Boolean).map((word) => (word.length > 5 ? word.slice(0, -2) : word));
  };

  const wake = () => {
    const box = document.querySelector("fieldset.blocks-path");
    if (!box) return;
    const detours = [...document.querySelectorAll("section.detour")];
    const status = box.querySelector("[role=status]");
    const entries = (detour) => [...document.querySelectorAll(".page-toc a")].filter(
      (link) => link.hash === `#${detour.id}`);

    const show = () => {
      for (const detour of detours) {
        for (const link of entries(detour)) {
          (link.closest("li") || link).hidden = hidden(detour);
        }
      }
      const away = detours.filter(hidden).length;
      const text = away ? `${plural(away)} hidden.` : "Everything is shown.";
      if (status.textContent !== text) status.textContent = text;
      for (const input of box.querySelectorAll("input")) {
        input.checked = input.value === root.dataset.blocksPath;
      }
    };

    const open = (target) => {
      const detour = target && target.closest("section.detour");
      if (!detour || !hidden(detour)) return false;
      detour.classList.add("opened");
      show();
      return true;
    };
    const goTo = (target) => {
      target.scrollIntoView();
      const place = target.matches("section") ? target.firstElementChild : target;
      if (!place.hasAttribute("tabindex")) place.tabIndex = -1;
      place.focus({ preventScroll: true });
    };
    const named = () => {
      try { return document.getElementById(decodeURIComponent(location.hash.slice(1))); }
      catch { return null; }
    };
    const follow = () => { if (open(named())) goTo(named()); };

    box.addEventListener("change", (event) => {
      for (const detour of detours) detour.classList.remove("opened");
      set(event.target.value);
      remember(root.dataset.blocksPath);
      show();
    });
    addEventListener("hashchange", follow);
    document.addEventListener("click", (event) => { // the same link a second time
      const link = event.target.closest("a[href*='#']");
      if (link && link.pathname === location.pathname && link.hash === location.hash) follow();
    });
    addEventListener("storage", (event) => { // chosen in another window
      if (event.key === KEY) { set(event.newValue); show(); }
    });
    box.hidden = false;
    show();
    // The browser itself goes to the target, and takes the focus away, until all is loaded.
    if (open(named())) addEventListener("load", () => setTimeout(() => goTo(named())));
    for (const detour of detours) {
      const said = detour.textContent.toLowerCase();
      if (sought().some((word) => said.includes(word))) open(detour);
    }
  };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", wake);
  else wake();
})();
