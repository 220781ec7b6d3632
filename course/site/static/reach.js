// Names for those who hear the page, and a stop of the Tab key on all that scrolls sideways.
"use strict";

const SCROLLS = ".bd-article table, .bd-article pre, .bd-article mjx-container";

function markWide() {
  for (const part of document.querySelectorAll(SCROLLS)) {
    const more = part.scrollWidth > part.clientWidth + 12; // px
    part.classList.toggle("wide", more && part.clientWidth > 200);
    if (more) part.tabIndex = 0;
    else part.removeAttribute("tabindex");
  }
}

for (const arrow of document.querySelectorAll("nav details > summary")) {
  const link = arrow.closest("li").querySelector("a");
  arrow.setAttribute("aria-label", "Below " + link.textContent.trim());
}
// These show words of their own, which the theme's label would hide.
for (const part of document.querySelectorAll(".search-button-field, .hide summary")) {
  part.removeAttribute("aria-label");
}
window.addEventListener("load", async () => {
  if (window.MathJax && window.MathJax.startup) await window.MathJax.startup.promise;
  markWide();
});
window.addEventListener("resize", markWide);
