// Exhibits are read and drawn when they come near the window, so that a page of a hundred opens at once.

document.documentElement.classList.add("scripted");

const OPENERS = { picture: openPicture, table: openTable, text: openText };

function open(article) {
  if (article.dataset.opened) return;
  article.dataset.opened = "yes";
  OPENERS[article.dataset.kind](article, JSON.parse(article.querySelector("script.data").textContent));
  if (!performance.getEntriesByName("first-exhibit").length) performance.mark("first-exhibit");
}

function bindCopying(root) {
  root.addEventListener("click", async (event) => {
    const button = event.target.closest("button.copy");
    if (!button) return;
    const code = button.parentElement.querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = "Selected";
    }
    announce(button.textContent);
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
}

/** Statements are folded on the screen, and all open on paper. */
function foldStatements() {
  let opened = [];
  for (const each of document.querySelectorAll(".statement[open]")) each.open = false;
  window.addEventListener("beforeprint", () => {
    opened = Array.from(document.querySelectorAll(".statement:not([open])"));
    for (const each of opened) each.open = true;
  });
  window.addEventListener("afterprint", () => { for (const each of opened) each.open = false; });
}

document.addEventListener("DOMContentLoaded", () => {
  foldStatements();
  bindCopying(document);
  for (const table of document.querySelectorAll("table.sorts")) makeSortable(table);
  const overview = document.getElementById("overview");
  if (overview) makeFilter(overview);
  const watch = new IntersectionObserver((seen) => {
    for (const { isIntersecting, target } of seen) {
      if (!isIntersecting) continue;
      watch.unobserve(target);
      open(target);
    }
  }, { rootMargin: "400px 0px" });
  for (const article of document.querySelectorAll(".exhibit")) watch.observe(article);
});
