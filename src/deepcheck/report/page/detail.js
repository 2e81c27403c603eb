// What is known about one feature: its scores, its coefficients, the values that attack, and proofs.

const METRICS = ["coi", "co", "abs", "reach"];
const SAID = {
  coi: "coefficient times value", co: "coefficient", abs: "size of the coefficient", reach: "largest gain alone",
};

/** The label's name, with its number where that is something else. */
function labelName(exhibit, label) {
  return exhibit.labels?.[label] ?? String(label);
}

/** What a feature is called, in words. */
function featureName(exhibit, feature) {
  if (exhibit.names) return exhibit.names[feature];
  if (!exhibit.grid) return `feature ${feature}`;
  const columns = exhibit.grid[1];
  return `row ${Math.floor(feature / columns)}, column ${feature % columns}`;
}

/** The bounds of one element: [lower, upper], null where there is none. */
function boundsOf(state, element) {
  return ["lower", "upper"].map((side) => {
    const held = state.bounds[side];
    return held instanceof Float32Array ? held[element] : held ?? null;
  });
}

function scoreTable(state, feature) {
  const { exhibit } = state;
  const rows = METRICS.filter((metric) => state.scores[metric]).map((metric) => {
    const rank = state.ranks(metric)[feature];
    const value = state.scores[metric][feature];
    return make("tr", {},
      make("th", { scope: "row", title: SAID[metric] }, metric),
      make("td", { class: "number", "data-score": metric, "data-value": value }, shown(value)),
      make("td", { class: "number" }, `${whole(rank)} of ${whole(exhibit.count)}`));
  });
  return make("table", {},
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Score"),
      make("th", { scope: "col", class: "number" }, "value"), make("th", { scope: "col", class: "number" }, "rank"))),
    make("tbody", {}, rows));
}

/** A bar from the middle, to the right for positive shares. */
function scoreBar(share) {
  const wide = 50 * Math.min(Math.abs(share), 1);
  return drawn("svg", { class: "bar", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
    drawn("rect", { class: "ground", width: 100, height: 8 }),
    drawn("rect", { class: share < 0 ? "less" : "more", x: share < 0 ? 50 - wide : 50, width: wide, height: 8 }),
    drawn("rect", { class: "middle", x: 49.5, width: 1, height: 8 }));
}

function coefficientTable(state, feature) {
  const { exhibit } = state;
  const own = state.coefficientLabels.map((label, row) => [label, state.coefficients[row * exhibit.count + feature]]);
  const most = Math.max(...own.map(([, value]) => Math.abs(value) || 0)) || 1;
  const rows = own.map(([label, value]) => make("tr", {},
    make("th", { scope: "row" }, `${labelName(exhibit, label)} `, label === exhibit.label ? make("span", { class: "soft" }, "predicted") : null),
    make("td", { class: "number", "data-coefficient": label, "data-value": value }, shown(value)),
    make("td", {}, scoreBar(value / most))));
  return make("table", {},
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Label"),
      make("th", { scope: "col", class: "number" }, "coefficient"), make("th", { scope: "col" }, make("span", { class: "hidden" }, "bar")))),
    make("tbody", {}, rows));
}

/** A bar over the domain: where values attack, and the value that the input has. */
function intervalBar(low, high, pairs, value) {
  const at = (end) => 100 * Math.min(Math.max((end - low) / (high - low || 1), 0), 1);
  const hits = pairs.map(([a, b]) => {
    const [from, to] = [at(a ?? low), at(b ?? high)];
    return drawn("rect", { class: "hit", x: Math.min(from, 99.2), width: Math.max(to - from, 0.8), height: 8 });
  });
  return drawn("svg", { class: "bar span", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
    drawn("rect", { class: "ground", width: 100, height: 8 }), ...hits,
    drawn("rect", { class: "now", x: Math.min(at(value), 98.8), width: 1.2, height: 8 }));
}

/** The part of the line that a bar shows: the domain, or where it is unbounded what matters. */
function shownRange([low, high], intervals, value) {
  const ends = Object.values(intervals).flat(2).filter((end) => end !== null).concat([value]);
  const spread = Math.max(...ends) - Math.min(...ends) || 1;
  return [low ?? Math.min(...ends) - 0.25 * spread, high ?? Math.max(...ends) + 0.25 * spread];
}

function witnessSaid(state, answer, attack) {
  const [, , , , values, label, margin, [replayed, flips, eightBit]] = attack;
  const claims = [replayed ? `replayed${answer.runtime ? ` in ${answer.runtime}` : ""}` : "does not replay"];
  claims.push(flips === 0 ? "on this path" : `flips ${plural(flips, "activation")}`);
  if (eightBit !== null && eightBit !== undefined) claims.push(eightBit ? "holds as an 8-bit image" : "not as an 8-bit image");
  const some = values.length > 6 ? `${values.slice(0, 6).map(shown).join(", ")}, ...` : values.map(shown).join(", ");
  return make("p", {}, `With ${some}: label `, make("strong", {}, labelName(state.exhibit, label)),
    ` by ${shown(margin)}; ${claims.join(", ")}.`);
}

function intervalBlocks(state, feature, attack) {
  const intervals = attack[2], levels = attack[3];
  const value = state.values[feature * state.exhibit.elements];
  const bounds = boundsOf(state, feature * state.exhibit.elements);
  const [low, high] = shownRange(bounds, intervals, value);
  return Object.entries(intervals).map(([label, pairs]) => {
    const said = pairs.map(intervalShown).join(" or ");
    const steps = (levels[label] ?? []).map(([a, b]) => (a === b ? `level ${a}` : `levels ${a} to ${b}`)).join(", ");
    return make("div", { class: "interval", "data-label": label, "data-ends": JSON.stringify(pairs) },
      make("p", {}, "Values in ", make("strong", {}, said), ` → ${labelName(state.exhibit, label)}`, steps ? ` (${steps})` : ""),
      intervalBar(low, high, pairs, value),
      make("div", { class: "ends" }, make("span", {}, endShown(bounds[0], "−")), make("span", {}, `now ${shown(value)}`),
        make("span", {}, endShown(bounds[1], ""))));
  });
}

/** The sentence of a proof about one feature. */
function refuted(state, answer, feature) {
  const { elements } = state.exhibit, along = answer.paths === "all" ? "" : ", along this path";
  const [low, high] = boundsOf(state, feature * elements);
  const steps = answer.levels ? ` (${answer.levels} levels)` : "";
  const to = answer.target === null ? "" : labelName(state.exhibit, answer.target);
  if (elements > 1) {
    return `No values of its ${elements} elements within their bounds${steps} ${to ? `lead to ${to}` : "change the label"}${along}.`;
  }
  const where = low === null && high === null ? "real value" : `value in ${intervalShown([low, high])}`;
  return `No ${where}${steps} of this alone ${to ? `leads to ${to}` : "changes the label"}${along}.`;
}

/** What one answer says about one feature. */
function standing(state, answer, feature) {
  const scope = answer.paths === "all" ? "all paths" : "this path";
  const chip = (kind, text) => make("p", { class: "verdict" }, make("span", { class: `chip ${kind}` }, text));
  const attack = answer.attacks.find((each) => each[0].length === 1 && each[0][0] === feature);
  if (attack) {
    return [chip(attack[7][0] ? "attack" : "undecided", attack[7][0] ? "attack" : "undecided (does not replay)"),
      ...intervalBlocks(state, feature, attack), witnessSaid(state, answer, attack)];
  }
  if (state.attackable(answer).has(feature)) {
    return [chip("attack", "attack"), make("p", {}, "Some value changes the label; which ones is not listed in this page.")];
  }
  if (answer.asked && !answer.asked.includes(feature)) return [make("p", { class: "soft" }, "Not asked about.")];
  const { undecided = 0, untried = 0 } = answer.counts;
  const why = Object.entries(answer.open ?? {}).find(([, features]) => features.includes(feature));
  if (why) {
    const [kind, said] = why[0] === "untried" ? ["untried", "It was not tried."] : ["undecided", `Why: ${why[0]}.`];
    return [chip("undecided", kind), make("p", {}, said)];
  }
  if (answer.open || (!undecided && !untried)) {
    return [chip("proved", `proved (${scope})`), make("p", {}, refuted(state, answer, feature))];
  }
  const open = [undecided ? `${whole(undecided)} undecided` : "", untried ? `${whole(untried)} untried` : ""].filter(Boolean).join(", ");
  return [chip("undecided", "no attack known"), make("p", {}, `Of all that was asked, ${open}; which ones is not recorded.`)];
}

/** Fill the panel about one feature. */
function fillDetail(panel, state, feature) {
  const { exhibit } = state;
  const own = Array.from(state.values.subarray(feature * exhibit.elements, (feature + 1) * exhibit.elements), shown);
  const heading = make("h4", {}, `${exhibit.grid && !exhibit.names ? "Pixel " : ""}${featureName(exhibit, feature)}`,
    make("span", { class: "soft" }, ` · index ${feature} · value ${own.slice(0, 6).join(", ")}${own.length > 6 ? ", ..." : ""}`));
  const blocks = exhibit.answers.filter((answer) => answer.single).map((answer) =>
    make("div", { class: "block", "data-answer": answer.at }, make("h5", {}, answer.title), ...standing(state, answer, feature)));
  panel.replaceChildren(heading, make("div", { class: "columns" },
    make("div", { class: "block" }, scoreTable(state, feature)),
    make("div", { class: "block" }, coefficientTable(state, feature)), ...blocks));
  panel.dataset.feature = feature;
}
