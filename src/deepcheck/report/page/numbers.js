// Numbers, elements and sentences that all views share.

/** The numbers of an array as an exhibit holds it: base64 of little-endian 32-bit floats. */
function floats(text) {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let at = 0; at < raw.length; at++) bytes[at] = raw.charCodeAt(at);
  const view = new DataView(bytes.buffer);
  const found = new Float32Array(raw.length >> 2);
  for (let at = 0; at < found.length; at++) found[at] = view.getFloat32(4 * at, true);
  return found;
}

/** A number with six significant digits, with a real minus sign. */
function shown(value) {
  if (value === null || value === undefined) return "–";
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : value > 0 ? "∞" : "−∞";
  return String(Number(value.toPrecision(6))).replace("-", "−");
}

/** An end of an interval; null is infinite. */
function endShown(value, sign) {
  return value === null ? `${sign}∞` : shown(value);
}

/** A closed interval; it is open where it has no end. */
function intervalShown([low, high]) {
  return `${low === null ? "(" : "["}${endShown(low, "−")}, ${endShown(high, "")}${high === null ? ")" : "]"}`;
}

/** A whole number with commas. */
function whole(count) {
  return count.toLocaleString("en");
}

function plural(count, word) {
  return `${whole(count)} ${word}${count === 1 ? "" : "s"}`;
}

/** An element with attributes and children; text is only ever set as text. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** An element of a drawing. */
function drawn(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** Features by falling score; ties go to the lowest index, what is no number to the end. */
function orderOf(scores) {
  const key = (at) => (Number.isNaN(scores[at]) ? -Infinity : scores[at]);
  return Array.from(scores, (_, at) => at).sort((a, b) => {
    const one = key(a), other = key(b);
    return one === other ? a - b : other > one ? 1 : -1;
  });
}

/** The rank of each feature, from 1. */
function ranksOf(order) {
  const ranks = new Int32Array(order.length);
  order.forEach((feature, at) => { ranks[feature] = at + 1; });
  return ranks;
}

/** How many features a percentage is: rounded down, as deepcheck.shortlist_length does. */
function shortlist(percent, count) {
  return Math.floor((count * percent) / 100 + 1e-9);
}

/** Say something to a screen reader. */
function announce(text) {
  document.getElementById("live").textContent = text;
}

/** Hand a file to the reader. */
function save(name, blob) {
  const address = URL.createObjectURL(blob);
  const link = make("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

/** A file's name made of any text. */
function fileName(text, ending) {
  const plain = text.replace(/[^\p{L}\p{N}._-]+/gu, "-").replace(/-{2,}/g, "-").replace(/^[-.]+|-+$/g, "").slice(0, 80);
  return `${plain || "picture"}.${ending}`;
}
