"use strict";
// Plays a path: a cursor on the figures, and the molecule where there is one.
(function () {
  const data = JSON.parse(document.getElementById("report-data").textContent);
  const byId = (id) => document.getElementById(id);
  const player = byId("player");
  if (!player) return;
  const chooser = byId("path"), slider = byId("frame"), play = byId("play"), speed = byId("speed"), readout = byId("readout");

  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;

  // A path as columns of numbers, and its positions in Å, unpacked when it is first shown.
  function unpack(path) {
    if (!path.columns) {
      const table = new Float32Array(bytes(path.table));
      path.columns = {};
      data.columns.forEach((column, i) => {
        path.columns[column.name] = table.subarray(i * path.frames, (i + 1) * path.frames);
      });
      if (path.positions) {
        const whole = new Int16Array(bytes(path.positions));
        path.xyz = Float32Array.from(whole, (value) => value * path.resolution_nm * 10);
      }
    }
    return path;
  }

  function positions(path, frame) {
    const size = path.xyz.length / path.frames;
    return path.xyz.subarray(frame * size, (frame + 1) * size);
  }

  // ---- marks on the figures ----
  const SVG = "http://www.w3.org/2000/svg";
  const make = (name, attributes, parent) => {
    const element = document.createElementNS(SVG, name);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    if (parent) parent.append(element);
    return element;
  };

  // Place of a value on an axis, 0 to 1, by its image between the ends where the axis is periodic.
  function share(axis, value) {
    const length = axis.upper - axis.lower;
    let place = (value - axis.lower) / length;
    if (axis.periodic) place -= Math.floor(place);
    return place;
  }

  const marks = [];
  for (const figure of document.querySelectorAll("[data-figure]")) {
    const frames = data.figures[figure.dataset.figure] || [];
    for (const frame of frames) {
      const overlay = make("svg", { class: "overlay", viewBox: `0 0 ${frame.page[0]} ${frame.page[1]}`, "aria-hidden": "true" });
      // An inner svg cuts off what leaves the axes.
      const inner = make("svg", { x: frame.left, y: frame.top, width: frame.width, height: frame.height }, overlay);
      const halo = make("path", { class: "halo" }, inner), trace = make("path", { class: "trace" }, inner);
      const cursor = make("g", { class: "cursor" }, inner);
      const line = make("line", {}, cursor), disc = make("circle", { r: 13 }, cursor);
      figure.append(overlay);
      marks.push({ frame, halo, trace, cursor, line, disc });
    }
    // A click on a figure with the share of arc along one axis goes to the frame nearest to it.
    figure.addEventListener("click", (event) => {
      const place = figure.getBoundingClientRect();
      for (const frame of frames.filter((frame) => frame.x.column === "arc_share")) {
        const x = ((event.clientX - place.left) / place.width * frame.page[0] - frame.left) / frame.width;
        if (x < 0 || x > 1) continue;
        const arc = shown.columns.arc_share;
        let best = 0;
        arc.forEach((value, i) => { if (Math.abs(value - x) < Math.abs(arc[best] - x)) best = i; });
        setPlaying(false);
        show(best);
        slider.focus({ preventScroll: true });
        break;
      }
    });
  }

  function drawTrace(mark, path) {
    const { frame } = mark;
    // An energy over its own variable is the curve that is there already.
    if (frame.x.column.startsWith("variable_") && frame.y.column === "landscape_energy_kj_mol") return;
    const x = path.columns[frame.x.column], y = path.columns[frame.y.column];
    let text = "", before = null;
    for (let i = 0; x && y && i < path.frames; i++) {
      const point = [share(frame.x, x[i]), share(frame.y, y[i])];
      if (!Number.isFinite(point[0] + point[1])) { before = null; continue; }
      // Where the path goes over the edge of a period the line is interrupted.
      const over = before && ((frame.x.periodic && Math.abs(point[0] - before[0]) > 0.5) ||
        (frame.y.periodic && Math.abs(point[1] - before[1]) > 0.5));
      text += `${before && !over ? "L" : "M"}${(point[0] * frame.width).toFixed(1)} ${((1 - point[1]) * frame.height).toFixed(1)}`;
      before = point;
    }
    mark.halo.setAttribute("d", text);
    mark.trace.setAttribute("d", text);
  }

  function moveCursor(mark, path, index) {
    const { frame } = mark, column = (axis) => path.columns[axis.column];
    const here = column(frame.x) && column(frame.y);
    const x = here ? share(frame.x, column(frame.x)[index]) * frame.width : NaN;
    const y = here ? (1 - share(frame.y, column(frame.y)[index])) * frame.height : NaN;
    mark.cursor.style.display = Number.isFinite(x + y) ? "" : "none";
    if (!Number.isFinite(x + y)) return;
    mark.disc.setAttribute("cx", x);
    mark.disc.setAttribute("cy", y);
    // Over the arc, where the height is only an energy, a line says where along it.
    const alongArc = frame.x.column === "arc_share";
    mark.line.style.display = alongArc ? "" : "none";
    for (const [key, value] of [["x1", x], ["x2", x], ["y1", 0], ["y2", frame.height]]) mark.line.setAttribute(key, value);
  }

  // ---- the player ----
  let shown = null, index = 0, timer = null, viewer = null;

  function describe() {
    const name = shown.label === shown.name ? "" : `${shown.label}\n`;
    const parts = data.columns.filter((column) => column.shown).map((column) => {
      const value = shown.columns[column.name][index] * column.scale;
      if (!Number.isFinite(value)) return null;
      return `${column.label} ${value.toFixed(column.decimals).replace("-", "−")}${column.unit}`;
    });
    return name + parts.filter(Boolean).join(" · ");
  }

  function show(next) {
    index = Math.max(0, Math.min(shown.frames - 1, next));
    slider.value = index;
    const number = shown.columns.frame[index];
    slider.setAttribute("aria-valuetext", `frame ${number}`);
    marks.forEach((mark) => moveCursor(mark, shown, index));
    readout.innerText = describe();
    if (viewer && shown.xyz) viewer.setFrame(positions(shown, index));
    player.dataset.frame = number;
  }

  function choose(next) {
    chooser.selectedIndex = Math.max(0, Math.min(data.paths.length - 1, next));
    shown = unpack(data.paths[chooser.selectedIndex]);
    slider.max = shown.frames - 1;
    marks.forEach((mark) => drawTrace(mark, shown));
    if (viewer && shown.xyz) {
      viewer.setStill([0, shown.highest, shown.frames - 1].map((frame) => positions(shown, frame)));
    }
    player.dataset.path = shown.name;
    show(Math.min(index, shown.frames - 1));
  }

  function setPlaying(wanted) {
    clearInterval(timer);
    timer = null;
    if (wanted) {
      if (index === shown.frames - 1) show(0);
      timer = setInterval(() => {
        if (index + 1 < shown.frames) show(index + 1);
        else setPlaying(false);
      }, 1000 / Number(speed.value));
    }
    play.textContent = wanted ? "Pause" : "Play";
    play.setAttribute("aria-pressed", String(wanted));
    player.dataset.playing = String(wanted);
  }

  play.addEventListener("click", () => setPlaying(timer === null));
  byId("back").addEventListener("click", () => { setPlaying(false); show(index - 1); });
  byId("forward").addEventListener("click", () => { setPlaying(false); show(index + 1); });
  slider.addEventListener("input", () => { setPlaying(false); show(Number(slider.value)); });
  speed.addEventListener("change", () => { if (timer !== null) setPlaying(true); });
  chooser.addEventListener("change", () => choose(chooser.selectedIndex));
  const copies = byId("copies");
  if (copies) copies.addEventListener("change", () => { if (viewer) viewer.showStill(copies.checked); });

  // Keys act only where the player has the focus, so that the page scrolls as any other. The slider, the lists and the buttons
  // keep the keys that they have by themselves: on the slider these are the arrows, Home and End.
  player.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.tagName === "SELECT") return;
    const own = event.target === slider || event.target.tagName === "CANVAS";
    const actions = {
      n: () => choose(chooser.selectedIndex + 1),
      b: () => choose(chooser.selectedIndex - 1),
      ...(own ? { " ": () => setPlaying(timer === null) } : {}),
      ...(event.target.tagName === "CANVAS" ? {
        ArrowLeft: () => { setPlaying(false); show(index - 1); },
        ArrowRight: () => { setPlaying(false); show(index + 1); },
      } : {}),
    };
    if (!actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
  });

  choose(0);
  setPlaying(false);
  player.dataset.ready = "true";
  const stage = byId("stage");
  if (stage && data.structure) {
    makeViewer(stage, data.structure).then((made) => {
      viewer = made;
      choose(chooser.selectedIndex);
      if (viewer && shown.xyz) viewer.lookAt(shown.xyz);
      player.dataset.viewer = made ? "true" : "none";
    });
  } else {
    player.dataset.viewer = "none";
  }
})();
