// An exhibit about words: shaded by score, with what is known about each.

const SIGNED = ["coi", "co"], STEPS = 5;

/** The classes that shade words, as the page without its script has them for one metric. */
function shadesOf(scores, metric) {
  const finite = scores.map((score) => (Number.isFinite(score) ? score : 0));
  const most = Math.max(0, ...finite.map(Math.abs));
  return finite.map((score) => {
    const share = most ? score / most : 0, step = Math.floor(Math.abs(share) * STEPS + 0.5);
    const side = SIGNED.includes(metric) ? (share > 0 ? "for" : "against") : "much";
    return step ? `${side} s${step}` : "";
  });
}

function fillWord(article, exhibit, position) {
  const at = exhibit.words.findIndex((word) => word.position === position);
  const rows = METRICS.filter((metric) => exhibit.scores[metric]).map((metric) => {
    const scores = exhibit.scores[metric].map((score) => (score === null ? NaN : score));
    return make("tr", {}, make("th", { scope: "row", title: SAID[metric] }, metric),
      make("td", { class: "number", "data-score": metric, "data-value": scores[at] }, shown(scores[at])),
      make("td", { class: "number" }, `${ranksOf(orderOf(scores))[at]} of ${scores.length}`));
  });
  const scored = make("table", {}, make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Score"),
    make("th", { scope: "col", class: "number" }, "value"), make("th", { scope: "col", class: "number" }, "rank"))), make("tbody", {}, rows));
  const listed = Array.from(article.querySelectorAll(".replacements tbody tr"))
    .filter((row) => row.dataset.positions.split(" ").includes(String(position)));
  const known = listed.length ? make("ul", {}, [...new Set(listed.map((row) =>
    `${row.cells[2].textContent} → ${row.cells[3].textContent} (margin ${row.cells[4].textContent})`))].slice(0, 20).map((text) => make("li", {}, text)))
    : make("p", { class: "soft" }, "No replacement that is listed here changes this word.");
  const word = exhibit.words[at];
  const panel = article.querySelector(".detail");
  panel.replaceChildren(make("h4", {}, `${word.word}`, make("span", { class: "soft" }, ` · word ${position}${word.known ? "" : " · not in the vocabulary"}`)),
    make("div", { class: "columns" }, make("div", { class: "block" }, scored), make("div", { class: "block" }, make("h5", {}, "Replacements listed"), known)));
  panel.dataset.position = position;
}

function openText(article, exhibit) {
  const words = Array.from(article.querySelectorAll(".sentence .word[data-position]"), (span) => {
    const button = make("button", { type: "button", class: span.className, "data-position": span.dataset.position, "aria-pressed": "false" }, ...span.childNodes);
    span.replaceWith(button);
    return button;
  });
  const shade = (metric) => {
    const shades = shadesOf(exhibit.scores[metric], metric);
    for (const button of words) {
      const at = exhibit.words.findIndex((word) => word.position === Number(button.dataset.position));
      button.className = `word ${shades[at]}`.trim();
      button.title = `${metric} ${shown(exhibit.scores[metric][at])}`;
    }
  };
  const pick = (chosen) => {
    for (const button of words) button.setAttribute("aria-pressed", String(button === chosen));
    fillWord(article, exhibit, Number(chosen.dataset.position));
  };
  for (const button of words) {
    button.addEventListener("click", () => pick(button));
    button.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) words[words.indexOf(button) + step]?.focus();
    });
  }
  for (const radio of article.querySelectorAll(".choice input")) {
    radio.addEventListener("change", () => shade(radio.value));
    if (radio.checked) shade(radio.value);
  }
  const scores = exhibit.scores[METRICS.find((metric) => exhibit.scores[metric])];
  const first = exhibit.words[orderOf(scores)[0]];
  const button = words.find((each) => Number(each.dataset.position) === first?.position);
  if (button) pick(button);
}
