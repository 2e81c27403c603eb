// What is marked in an exhibit about features, and the pictures of it.

/** The numbers of an exhibit, and what the reader has chosen. */
function stateOf(exhibit) {
  const scores = {}, orders = {}, ranks = {}, attackable = new Map();
  for (const metric of METRICS) if (exhibit.scores[metric]) scores[metric] = floats(exhibit.scores[metric]);
  const bounds = {};
  for (const side of ["lower", "upper"]) {
    const held = exhibit.bounds[side];
    bounds[side] = typeof held === "string" ? floats(held) : held;
  }
  const state = {
    exhibit, scores, bounds,
    values: floats(exhibit.values),
    coefficientLabels: exhibit.coefficients.labels,
    coefficients: floats(exhibit.coefficients.values),
    metric: METRICS.find((metric) => scores[metric]),
    percent: 5, reached: "", shows: "marks", feature: null, set: null, at: 0,
    order: (metric) => (orders[metric] ??= orderOf(scores[metric])),
    ranks: (metric) => (ranks[metric] ??= ranksOf(state.order(metric))),
    top: () => new Set(state.order(state.metric).slice(0, shortlist(state.percent, exhibit.count))),
    attackable: (answer) => {
      if (!attackable.has(answer)) {
        attackable.set(answer, new Set(answer.attackable));
      }
      return attackable.get(answer);
    },
    /** What an answer marks: all that is attackable, or what reaches the chosen label. */
    marked: (answer) => {
      if (state.reached === "") return state.attackable(answer);
      const reaching = answer.attacks.filter((attack) => attack[1].includes(Number(state.reached)));
      return new Set(reaching.flatMap((attack) => attack[0]));
    },
    /** The attack that is shown: the chosen set's, or the first that any answer has for the chosen feature. */
    attack: () => {
      if (state.set) return state.set;
      for (const answer of exhibit.answers.filter((each) => each.single)) {
        const attack = answer.attacks.find((each) => each[0].length === 1 && each[0][0] === state.feature);
        if (attack) return { answer, attack };
      }
      return null;
    },
  };
  return state;
}

/** The input with the values of a witness. */
function changedValues(state, attack) {
  const values = state.values.slice(), elements = state.exhibit.elements;
  attack[0].forEach((feature, at) => {
    for (let element = 0; element < elements; element++) {
      values[feature * elements + element] = attack[4][at * elements + element];
    }
  });
  return values;
}

function views(article) {
  return Array.from(article.querySelectorAll("figure[data-view='answer']"), (figure) => Number(figure.dataset.answer));
}

/** Along which paths an answer is, and to what it is limited. */
function heading(answer) {
  const chosen = answer.asked ? `, only ${whole(answer.asked.length)} features` : "";
  const aim = answer.target === null || answer.target === undefined ? "" : `, to label ${answer.target}`;
  return `${answer.paths === "all" ? "All paths" : "This path"}${chosen}${aim}`;
}

/** Counts of what is marked, as a sentence. */
function tally(article, state) {
  const top = state.top(), { exhibit } = state;
  const word = exhibit.grid ? "pixel" : "feature";
  const places = exhibit.grid ? views(article) : exhibit.answers.filter((answer) => answer.single).map((answer) => answer.at);
  const parts = [make("span", { "data-top": top.size }, `Top ${plural(top.size, word)} by ${state.metric}. `)];
  for (const at of places) {
    const answer = exhibit.answers[at];
    const marked = state.marked(answer);
    const { undecided = 0, untried = 0 } = answer.counts, open = undecided + untried;
    const inside = [...marked].filter((feature) => top.has(feature)).length;
    const all = answer.single ? "attackable" : "in attackable sets";
    const aim = state.reached === "" ? all : `listed to reach ${labelName(exhibit, Number(state.reached))}`;
    const found = marked.size ? `${whole(marked.size)} ${aim}, ${whole(inside)} of them in the top` : `none ${open ? "known to be " : ""}${aim}`;
    parts.push(make("span", { "data-answer": at, "data-marked": marked.size, "data-inside": inside },
      `${heading(answer)}: ${found}${open ? `, ${whole(open)} open` : ""}. `));
  }
  article.querySelector(".tally").replaceChildren(...parts);
  article.querySelector(".length").textContent = `· ${whole(top.size)} of ${whole(exhibit.count)}`;
}

/** The pictures of an exhibit now, by figure. */
function pictures(article, state) {
  const { exhibit } = state, ground = colourOf(exhibit, state.values), top = state.top();
  const shownAttack = state.attack();
  const framed = state.set ? state.set.attack[0] : state.feature === null ? [] : [state.feature];
  const figures = Array.from(article.querySelectorAll("figure"));
  const heated = figures.find((figure) => figure.dataset.view === "answer");
  return figures.map((figure) => {
    const caption = figure.querySelector("strong").textContent, said = figure.querySelector(".said");
    if (figure.dataset.view === "input") return { figure, title: caption, picture: scene(exhibit.grid, ground, { framed }) };
    if (figure.dataset.view === "answer") {
      const answer = exhibit.answers[Number(figure.dataset.answer)];
      said.dataset.plain ??= said.textContent;
      if (state.shows !== "marks" && figure === heated) {
        const label = Number(state.shows);
        said.textContent = `coefficients of ${labelName(exhibit, label)}: green raises its score, purple lowers it`;
        return { figure, title: `${caption}: ${labelName(exhibit, label)}`, picture: heat(state, label, framed) };
      }
      said.textContent = said.dataset.plain;
      const marks = { important: top, attackable: state.marked(answer), framed };
      return { figure, title: `${caption}: ${answer.words}`, picture: scene(exhibit.grid, ground, marks) };
    }
    if (!shownAttack) {
      said.textContent = "";
      return { figure, title: caption, picture: null, reason: noChange(state) };
    }
    const { answer, attack } = shownAttack;
    const changed = changedValues(state, attack);
    const scope = answer.paths === "all" && attack[7][1] ? "another path" : "this path";
    const title = `${labelName(exhibit, exhibit.label)} → ${labelName(exhibit, attack[5])}, ${scope}`;
    const { black, white } = exhibit.picture;
    const outside = attack[4].some((value) => value < Math.min(black, white) || value > Math.max(black, white));
    said.textContent = outside ? `${title}; the value lies outside black to white` : title;
    return { figure, title, picture: scene(exhibit.grid, colourOf(exhibit, changed), { framed: attack[0] }) };
  });
}

function heat(state, label, framed) {
  const row = state.coefficientLabels.indexOf(label), { count, grid } = state.exhibit;
  const own = state.coefficients.subarray(row * count, (row + 1) * count);
  const most = own.reduce((found, value) => Math.max(found, Math.abs(value) || 0), 0) || 1;
  return scene(grid, (feature) => diverging((own[feature] || 0) / most), { framed });
}

function noChange(state) {
  const some = state.exhibit.answers.filter((answer) => answer.attacks.length);
  const how = some.some((answer) => answer.single) ? "Choose one with a cross." : "Choose a set from the list.";
  return some.length ? `No attack by this pixel alone is known. ${how}` : "No attack is known: see the statements below.";
}

function redraw(article, state) {
  for (const { figure, picture, reason } of pictures(article, state)) {
    const stage = figure.querySelector(".stage");
    const canvas = stage.querySelector("canvas"), empty = stage.querySelector(".empty");
    canvas.hidden = !picture;
    empty.hidden = Boolean(picture);
    if (picture) show(canvas, picture);
    else empty.textContent = reason;
  }
  tally(article, state);
}
