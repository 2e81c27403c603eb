// Tables that sort by a click on a heading, and the overview, which can be filtered.

function sortKey(row, column) {
  const cell = row.cells[column];
  const text = cell.dataset.sort ?? cell.textContent.trim();
  const number = text === "" ? NaN : Number(text);
  return Number.isNaN(number) ? text : number;
}

function compare(one, other) {
  if (one === other) return 0;
  if (one === "") return 1;
  if (other === "") return -1;
  if (typeof one === "number" && typeof other === "number") return one - other;
  if (typeof one !== typeof other) return typeof one === "number" ? -1 : 1;
  return one.localeCompare(other, "en", { numeric: true });
}

function sortBy(table, heading, column) {
  const rising = heading.getAttribute("aria-sort") === "ascending";
  const numeric = heading.classList.contains("number");
  const falling = heading.hasAttribute("aria-sort") ? rising : numeric;
  for (const other of table.tHead.querySelectorAll("[aria-sort]")) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", falling ? "descending" : "ascending");
  const body = table.tBodies[0];
  const keyed = Array.from(body.rows, (row, at) => ({ row, at, key: sortKey(row, column) }));
  keyed.sort((a, b) => {
    if (a.key === "" || b.key === "") return compare(a.key, b.key) || a.at - b.at;
    return (falling ? compare(b.key, a.key) : compare(a.key, b.key)) || a.at - b.at;
  });
  body.append(...keyed.map((each) => each.row));
  announce(`sorted by ${heading.textContent.trim()}, ${falling ? "falling" : "rising"}`);
}

function makeSortable(table) {
  Array.from(table.tHead.rows[0].cells).forEach((heading, column) => {
    if ("plain" in heading.dataset) return;
    const button = make("button", { type: "button" }, ...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => sortBy(table, heading, column));
  });
}

function makeFilter(section) {
  const find = section.querySelector(".find"), verdict = section.querySelector("select.verdict");
  const rows = Array.from(section.querySelector("table").tBodies[0].rows);
  const update = () => {
    const wanted = find.value.trim().toLowerCase();
    let count = 0;
    for (const row of rows) {
      const named = row.textContent.toLowerCase().includes(wanted);
      const chosen = !verdict.value || row.querySelector(`[data-verdict="${verdict.value}"]`) !== null;
      row.hidden = !(named && chosen);
      count += row.hidden ? 0 : 1;
    }
    section.querySelector(".matches").textContent = `${whole(count)} of ${plural(rows.length, "input")}`;
  };
  find.addEventListener("input", update);
  verdict.addEventListener("change", update);
  update();
}
