// An exhibit about features: what the reader chooses, by pointer and by keyboard.

/** What a screen reader says of a pixel. */
function spoken(article, state, feature) {
  const { exhibit } = state, elements = exhibit.elements;
  const own = Array.from(state.values.subarray(feature * elements, (feature + 1) * elements), shown).join(", ");
  const said = [featureName(exhibit, feature), `value ${own}`, `rank ${state.ranks(state.metric)[feature]} by ${state.metric}`];
  if (state.top().has(feature)) said.push("important");
  for (const at of views(article)) {
    const answer = exhibit.answers[at];
    if (state.attackable(answer).has(feature)) said.push(`attackable, ${answer.paths === "all" ? "all paths" : "this path"}`);
  }
  return said.join(", ");
}

function choose(article, state, feature) {
  state.feature = feature;
  state.at = feature;
  state.set = null;
  const sets = article.querySelector(".sets");
  if (sets) sets.value = "";
  fillDetail(article.querySelector(".detail"), state, feature);
}

/** Let a stage be pointed at and walked over with arrow keys: one stop for Tab, however many pixels there are. */
function walkable(article, state, stage, redrawAll) {
  const [rows, columns] = state.exhibit.grid;
  const canvas = make("canvas", { "aria-hidden": "true" });
  const cursor = make("button", { type: "button", class: "cursor" });
  stage.setAttribute("role", "group");
  stage.setAttribute("aria-label", `${stage.parentElement.querySelector("strong").textContent}: pixels, arrow keys move, Enter chooses`);
  stage.replaceChildren(canvas, cursor, make("div", { class: "empty", hidden: true }));
  const place = () => {
    cursor.style.left = `${(100 * (state.at % columns)) / columns}%`;
    cursor.style.top = `${(100 * Math.floor(state.at / columns)) / rows}%`;
    cursor.style.width = `${100 / columns}%`;
    cursor.style.height = `${100 / rows}%`;
    cursor.setAttribute("aria-label", spoken(article, state, state.at));
  };
  const pick = (feature) => {
    choose(article, state, feature);
    redrawAll();
    place();
    announce(`chosen: ${spoken(article, state, feature)}`);
  };
  canvas.addEventListener("click", (event) => {
    const box = canvas.getBoundingClientRect();
    const column = Math.min(columns - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * columns)));
    const line = Math.min(rows - 1, Math.max(0, Math.floor(((event.clientY - box.top) / box.height) * rows)));
    pick(line * columns + column);
    cursor.focus({ preventScroll: true, focusVisible: false });
  });
  cursor.addEventListener("focus", place);
  cursor.addEventListener("click", () => pick(state.at));
  cursor.addEventListener("keydown", (event) => {
    const line = Math.floor(state.at / columns), column = state.at % columns;
    const to = {
      ArrowLeft: [line, column - 1], ArrowRight: [line, column + 1], ArrowUp: [line - 1, column], ArrowDown: [line + 1, column],
      Home: [line, 0], End: [line, columns - 1], PageUp: [0, column], PageDown: [rows - 1, column],
    }[event.key];
    if (!to) return;
    event.preventDefault();
    state.at = Math.min(rows - 1, Math.max(0, to[0])) * columns + Math.min(columns - 1, Math.max(0, to[1]));
    place();
    announce(spoken(article, state, state.at));
  });
  place();
}

function option(value, text) {
  return make("option", { value }, text);
}

/** Fill the lists: which coefficients, which label, which set. */
function fillChoices(article, state) {
  const { exhibit } = state;
  const show = article.querySelector(".show"), reached = article.querySelector(".reached"), sets = article.querySelector(".sets");
  for (const label of state.coefficientLabels) show.append(option(label, `coefficients of ${labelName(exhibit, label)}`));
  const labels = new Set(exhibit.answers.flatMap((answer) => answer.attacks.flatMap((attack) => attack[1])));
  for (const label of [...labels].sort((a, b) => a - b)) reached.append(option(label, labelName(exhibit, label)));
  article.querySelector(".pick-label").hidden = labels.size === 0;
  for (const answer of exhibit.answers.filter((each) => !each.single)) {
    answer.attacks.forEach((attack, at) => sets.append(
      option(`${answer.at} ${at}`, `${attack[0].join(", ")} → ${labelName(exhibit, attack[5])} (${answer.title})`)));
  }
  article.querySelector(".pick-set").hidden = sets.options.length < 2;
}

/** What is known about a set of several features. */
function fillSet(panel, state, { answer, attack }) {
  const { exhibit } = state, elements = exhibit.elements;
  const rows = attack[0].map((feature, at) => make("tr", {},
    make("th", { scope: "row" }, `${featureName(exhibit, feature)} (${feature})`),
    make("td", { class: "number" }, Array.from(state.values.subarray(feature * elements, (feature + 1) * elements), shown).join(", ")),
    make("td", { class: "number" }, attack[4].slice(at * elements, (at + 1) * elements).map(shown).join(", ")),
    make("td", { class: "number" }, String(state.ranks(state.metric)[feature]))));
  const head = ["Feature", "value", "becomes", `rank by ${state.metric}`];
  panel.replaceChildren(make("h4", {}, `${attack[0].length} together`, make("span", { class: "soft" }, ` · ${answer.title}`)),
    make("table", {}, make("thead", {}, make("tr", {}, head.map((name, at) => make("th", { scope: "col", class: at ? "number" : null }, name)))),
      make("tbody", {}, rows)),
    witnessSaid(state, answer, attack));
  panel.dataset.feature = attack[0].join(" ");
}

function chooseSet(article, state, named) {
  const [at, place] = named.split(" ").map(Number), answer = state.exhibit.answers[at];
  article.querySelector(".sets").value = named;
  state.set = { answer, attack: answer.attacks[place] };
  fillSet(article.querySelector(".detail"), state, state.set);
}

/** The threshold and the metric. */
function bindControls(article, state, update) {
  const range = article.querySelector(".range"), percent = article.querySelector(".percent");
  state.percent = Number(range.value);
  const set = (value) => {
    state.percent = Math.min(100, Math.max(1, Number(value) || 1));
    range.value = state.percent;
    update();
  };
  range.addEventListener("input", () => { percent.value = range.value; set(range.value); });
  percent.addEventListener("input", () => { if (percent.value !== "") set(percent.value); });
  percent.addEventListener("change", () => { percent.value = state.percent; });
  for (const radio of article.querySelectorAll(".choice input")) {
    if (radio.checked) state.metric = radio.value;
    radio.addEventListener("change", () => { state.metric = radio.value; update(); });
  }
}

function savePictures(article, state, kind) {
  const whole = row(pictures(article, state).filter((each) => each.picture));
  const name = fileName(`${state.exhibit.name} ${state.metric} ${state.percent}`, kind);
  if (kind === "svg") return save(name, new Blob([asSvg(whole)], { type: "image/svg+xml" }));
  const canvas = make("canvas"), scale = 3;
  canvas.width = whole.width * scale;
  canvas.height = whole.height * scale;
  paint(canvas.getContext("2d"), whole, scale);
  return canvas.toBlob((blob) => save(name, blob), "image/png");
}

/** The feature that is chosen at first: of the first answer with attacks the one of the largest margin, else the top one. */
function firstChoice(state) {
  for (const answer of state.exhibit.answers.filter((each) => each.single)) {
    const best = answer.attacks.reduce((found, attack) => (found && found[6] >= attack[6] ? found : attack), null);
    if (best) return best[0][0];
  }
  return state.order(state.metric)[0] ?? 0;
}

function openPicture(article, exhibit) {
  const state = stateOf(exhibit);
  const update = () => redraw(article, state);
  bindControls(article, state, update);
  fillChoices(article, state);
  state.feature = state.at = firstChoice(state);
  for (const stage of article.querySelectorAll(".stage")) walkable(article, state, stage, update);
  fillDetail(article.querySelector(".detail"), state, state.feature);
  const sets = article.querySelector(".sets");
  if (!state.attack() && sets.options.length > 1) chooseSet(article, state, sets.options[1].value);
  article.querySelector(".show").addEventListener("change", (event) => { state.shows = event.target.value; update(); });
  article.querySelector(".reached").addEventListener("change", (event) => { state.reached = event.target.value; update(); });
  sets.addEventListener("change", (event) => {
    if (event.target.value) chooseSet(article, state, event.target.value);
    else choose(article, state, state.feature);
    update();
  });
  for (const kind of ["png", "svg"]) {
    article.querySelector(`.save-${kind}`).addEventListener("click", () => savePictures(article, state, kind));
  }
  update();
}

function openTable(article, exhibit) {
  const state = stateOf(exhibit);
  const rows = Array.from(article.querySelectorAll(".features tbody tr"));
  const update = () => {
    const top = state.top();
    for (const row of rows) row.classList.toggle("important", top.has(Number(row.dataset.feature)));
    tally(article, state);
  };
  const pick = (feature) => {
    choose(article, state, feature);
    for (const row of rows) row.classList.toggle("chosen", Number(row.dataset.feature) === feature);
  };
  bindControls(article, state, update);
  for (const row of rows) {
    const name = row.querySelector(".name"), feature = Number(row.dataset.feature);
    const button = make("button", { type: "button" }, ...name.childNodes);
    name.append(button);
    button.addEventListener("click", () => { pick(feature); announce(`chosen: ${featureName(exhibit, feature)}`); });
  }
  pick(firstChoice(state));
  update();
}
