// Pictures as lists of shapes, drawn on a canvas or written as SVG. A pixel of the input is ten units wide.

const CELL = 10;
const GREEN = "#009e73", RED = "#d55e00", WHITE = "#ffffff", DARK = "#111317";

/** The colour of each feature of an input, as [red, green, blue] in 0..255. */
function colourOf(exhibit, values) {
  const { black, white } = exhibit.picture;
  const elements = exhibit.elements;
  const level = (value) => {
    const share = white === black ? 0 : (value - black) / (white - black);
    return Math.round(255 * Math.min(Math.max(Number.isNaN(share) ? 0 : share, 0), 1));
  };
  return (feature) => {
    const own = values.subarray(feature * elements, (feature + 1) * elements);
    if (elements === 3) return [level(own[0]), level(own[1]), level(own[2])];
    const grey = level(own.reduce((sum, value) => sum + value, 0) / elements);
    return [grey, grey, grey];
  };
}

/** A diverging colour for a share in -1..1: purple, grey, green; its lightness says how strong it is. */
function diverging(share) {
  const strength = Math.min(Math.abs(share), 1);
  const end = share < 0 ? [204, 121, 167] : [0, 158, 115];
  return [34, 37, 42].map((ground, at) => Math.round(ground + strength * (end[at] - ground)));
}

/** A picture: its ground and the marks over it.
 *
 * ground(feature) gives a colour; marks holds sets of features: important, attackable, framed.
 */
function scene(grid, ground, marks) {
  const [rows, columns] = grid;
  const shapes = [];
  for (let feature = 0; feature < rows * columns; feature++) {
    const x = (feature % columns) * CELL, y = Math.floor(feature / columns) * CELL;
    const important = marks.important?.has(feature), attackable = marks.attackable?.has(feature);
    let [red, green, blue] = ground(feature);
    if (important) [red, green, blue] = [0.3 * red, 0.3 * green + 0.7 * 158, 0.3 * blue + 0.7 * 115].map(Math.round);
    shapes.push({ is: "rect", x, y, width: CELL, height: CELL, fill: `rgb(${red},${green},${blue})` });
    if (important && !attackable) shapes.push({ is: "dot", x: x + 5, y: y + 5, radius: 1.7, fill: WHITE });
    if (attackable) {
      shapes.push({ is: "rect", x: x + 1.3, y: y + 1.3, width: 7.4, height: 7.4, fill: RED });
      shapes.push({ is: "line", from: [x + 3, y + 3], to: [x + 7, y + 7], stroke: WHITE, width: 1.4 });
      shapes.push({ is: "line", from: [x + 7, y + 3], to: [x + 3, y + 7], stroke: WHITE, width: 1.4 });
    }
  }
  for (const feature of marks.framed ?? []) {
    const x = (feature % columns) * CELL, y = Math.floor(feature / columns) * CELL;
    const pen = Math.max(rows, columns) / 14;  // as thick in every picture, however large its pixels are
    const frame = { is: "frame", x: x - pen, y: y - pen, side: CELL + 2 * pen };
    shapes.push({ ...frame, stroke: DARK, width: 2.2 * pen }, { ...frame, stroke: WHITE, width: pen });
  }
  return { width: columns * CELL, height: rows * CELL, shapes };
}

/** Draw a picture at a scale. */
function paint(context, picture, scale, left = 0, top = 0) {
  context.save();
  context.setTransform(scale, 0, 0, scale, left * scale, top * scale);
  for (const shape of picture.shapes) {
    context.beginPath();
    if (shape.is === "rect") {
      context.fillStyle = shape.fill;
      context.fillRect(shape.x, shape.y, shape.width, shape.height);
    } else if (shape.is === "dot") {
      context.fillStyle = shape.fill;
      context.arc(shape.x, shape.y, shape.radius, 0, 2 * Math.PI);
      context.fill();
    } else if (shape.is === "line") {
      context.strokeStyle = shape.stroke;
      context.lineWidth = shape.width;
      context.moveTo(...shape.from);
      context.lineTo(...shape.to);
      context.stroke();
    } else if (shape.is === "frame") {
      context.strokeStyle = shape.stroke;
      context.lineWidth = shape.width;
      context.strokeRect(shape.x, shape.y, shape.side, shape.side);
    } else if (shape.is === "text") {
      context.fillStyle = shape.fill;
      context.font = `${shape.bold ? "600 " : ""}${shape.size}px system-ui, sans-serif`;
      context.fillText(shape.text, shape.x, shape.y, shape.most);
    }
  }
  context.restore();
}

/** A picture as the text of an SVG file. */
function asSvg(picture) {
  const root = drawn("svg", { viewBox: `0 0 ${picture.width} ${picture.height}`, width: picture.width, height: picture.height });
  for (const shape of picture.shapes) {
    if (shape.is === "rect") {
      const { x, y, width, height, fill } = shape;
      root.append(drawn("rect", { x, y, width, height, fill, "shape-rendering": "crispEdges" }));
    } else if (shape.is === "dot") {
      root.append(drawn("circle", { cx: shape.x, cy: shape.y, r: shape.radius, fill: shape.fill }));
    } else if (shape.is === "line") {
      const [[x1, y1], [x2, y2]] = [shape.from, shape.to];
      root.append(drawn("line", { x1, y1, x2, y2, stroke: shape.stroke, "stroke-width": shape.width }));
    } else if (shape.is === "frame") {
      const { x, y, side, stroke, width } = shape;
      root.append(drawn("rect", { x, y, width: side, height: side, fill: "none", stroke, "stroke-width": width }));
    } else if (shape.is === "text") {
      const text = drawn("text", {
        x: shape.x, y: shape.y, fill: shape.fill, "font-size": shape.size, "font-family": "system-ui, sans-serif",
        "font-weight": shape.bold ? 600 : 400,
      });
      text.textContent = shape.text;
      root.append(text);
    }
  }
  return new XMLSerializer().serializeToString(root);
}

/** Pictures side by side, a title over each. */
function row(pictures) {
  const gap = 16, head = 24, shapes = [];
  let left = gap, height = 0;
  for (const { title, picture } of pictures) {
    height = Math.max(height, picture.height);
    shapes.push({ is: "text", text: title, x: left, y: gap + 8, size: 12, bold: true, fill: DARK, most: picture.width });
    for (const shape of picture.shapes) shapes.push(moved(shape, left, gap + head - 8));
    left += picture.width + gap;
  }
  const whole = { width: left, height: height + head + 2 * gap - 8 };
  return { ...whole, shapes: [{ is: "rect", x: 0, y: 0, ...whole, fill: WHITE }, ...shapes] };
}

function moved(shape, right, down) {
  if (shape.is === "line") {
    const shift = ([x, y]) => [x + right, y + down];
    return { ...shape, from: shift(shape.from), to: shift(shape.to) };
  }
  return { ...shape, x: shape.x + right, y: shape.y + down };
}

/** Show a picture on a canvas, sharp on this screen. */
function show(canvas, picture) {
  const wide = canvas.parentElement.clientWidth || 240;
  const cells = picture.width / CELL;
  const points = Math.max(1, Math.min(32, Math.ceil((wide * (window.devicePixelRatio || 1)) / cells)));
  canvas.width = cells * points;
  canvas.height = (picture.height / CELL) * points;
  paint(canvas.getContext("2d"), picture, points / CELL);
}
