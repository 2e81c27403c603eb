// Exhibits are read and drawn when they come near the window, so that a page of a hundred opens at once.

document.documentElement.classList.add("scripted");

const OPENERS = { picture: openPicture, table: openTable, text: openText };

/** Put an exhibit's statements into the page. Until then a browser that runs scripts reads them as mere text, which
 * is what lets a page of a hundred exhibits open at once; without scripts they are simply there. */
function unfold(article) {
  const held = article.querySelector("noscript.held");
  if (!held) return;
  const statements = document.createRange().createContextualFragment(held.textContent);
  for (const each of statements.querySelectorAll("details")) each.open = false;
  held.replaceWith(statements);
}

function open(article) {
  if (article.dataset.opened) return;
  article.dataset.opened = "yes";
  unfold(article);
  OPENERS[article.dataset.kind](article, JSON.parse(article.querySelector("script.data").textContent));
  if (!performance.getEntriesByName("first-exhibit").length) performance.mark("first-exhibit");
}

/** Once nothing else is to be done, put all statements in, so that a search in the page finds them. */
function unfoldLater(articles) {
  const rest = Array.from(articles);
  const later = window.requestIdleCallback ?? ((work) => setTimeout(() => work({ timeRemaining: () => 5 }), 50));
  const work = (idle) => {
    while (rest.length && idle.timeRemaining() > 2) unfold(rest.shift());
    if (rest.length) later(work);
  };
  later(work);
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

/** On paper everything is there and open. */
function openForPrinting(articles) {
  let opened = [];
  window.addEventListener("beforeprint", () => {
    for (const article of articles) unfold(article);
    opened = Array.from(document.querySelectorAll(".statement:not([open])"));
    for (const each of opened) each.open = true;
  });
  window.addEventListener("afterprint", () => { for (const each of opened) each.open = false; });
}

const seen = new WeakSet();

/** What has come that was not there before. */
function fresh(selector) {
  const found = Array.from(document.querySelectorAll(selector)).filter((each) => !seen.has(each));
  for (const each of found) seen.add(each);
  return found;
}

const watch = new IntersectionObserver((changes) => {
  for (const { isIntersecting, target } of changes) {
    if (!isIntersecting) continue;
    watch.unobserve(target);
    open(target);
  }
}, { rootMargin: "400px 0px" });

/** Bring to life what has come so far: the page calls for it after its first parts, and when all is there. */
function wake() {
  for (const table of fresh("table.sorts")) makeSortable(table);
  for (const overview of fresh("#overview")) makeFilter(overview);
  for (const article of fresh(".exhibit")) watch.observe(article);
}

bindCopying(document);
document.addEventListener("deepcheck", wake);
document.addEventListener("DOMContentLoaded", () => {
  wake();
  const articles = document.querySelectorAll(".exhibit");
  openForPrinting(articles);
  unfoldLater(articles);
});
