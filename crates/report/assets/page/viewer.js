"use strict";
// The 3-D view: one molecule that moves and three copies that stand still. Needs NGL, loaded before this.

// eslint-disable-next-line no-unused-vars
function makeViewer(element, structure) {
  const probe = document.createElement("canvas");
  if (!(probe.getContext("webgl2") || probe.getContext("webgl"))) {
    const note = document.createElement("p");
    note.className = "no-webgl";
    note.textContent = "This browser does not support WebGL, so there is no 3-D view here. The figures still follow the path; " +
      "view.vmd and view.pml show the molecule in VMD and PyMOL.";
    element.append(note);
    return Promise.resolve(null);
  }
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const paper = () => getComputedStyle(document.documentElement).getPropertyValue("--paper").trim();
  const stage = new NGL.Stage(element, { backgroundColor: paper(), cameraType: "orthographic", fogNear: 100, fogFar: 100 });
  dark.addEventListener("change", () => stage.setParameters({ backgroundColor: paper() }));
  // The page has its own keys.
  stage.keyControls.disabled = true;
  new ResizeObserver(() => stage.handleResize()).observe(element);

  // The wheel scrolls the page, and zooms with Ctrl held. A finger scrolls the page up and down, and turns the molecule sideways.
  const canvas = stage.viewer.renderer.domElement;
  canvas.style.touchAction = "pan-y";
  stage.mouseObserver.handleScroll = false;
  element.addEventListener("wheel", (event) => { stage.mouseObserver.handleScroll = event.ctrlKey || event.metaKey; }, { capture: true });
  for (const kind of ["touchstart", "touchmove", "touchend"]) {
    element.addEventListener(kind, (event) => event.stopPropagation(), { passive: true });
  }
  let from = null;
  element.addEventListener("pointerdown", (event) => { from = event.pointerType === "touch" ? event.clientX : null; });
  element.addEventListener("pointermove", (event) => {
    if (from === null || event.pointerType !== "touch") return;
    stage.viewerControls.spin([0, 1, 0], (event.clientX - from) * 0.01);
    from = event.clientX;
  });
  for (const kind of ["pointerup", "pointercancel"]) element.addEventListener(kind, () => { from = null; });

  // Bonds are those that the file states, none are guessed.
  const load = () => stage.loadFile(new Blob([structure], { type: "text/plain" }),
    { ext: "pdb", defaultRepresentation: false, inferBonds: "none" });
  return Promise.all([load(), load(), load(), load()]).then(([moving, ...still]) => {
    // Sticks, and spheres for atoms without bonds, such as ions.
    const alone = [];
    moving.structure.eachAtom((atom) => { if (atom.bondCount === 0) alone.push(atom.index); });
    const draw = (component, look, stick, sphere) => {
      component.addRepresentation("licorice", { ...look, multipleBond: "off", radius: stick });
      if (alone.length > 0) {
        component.addRepresentation("spacefill", { ...look, sele: `@${alone.join(",")}`, radiusScale: sphere });
      }
    };
    draw(moving, { colorScheme: "element" }, 0.22, 0.4);
    ["#0072b2", "#e69f00", "#aa4499"].forEach((color, i) => {
      draw(still[i], { colorScheme: "uniform", colorValue: color }, 0.07, 0.15);
    });
    const place = (component, positions) => {
      component.structure.updatePosition(positions);
      component.updateRepresentations({ position: true });
    };
    // Half the angle that the camera sees, radian, and the least distance at which NGL lights what it shows, Å.
    const HALF_VIEW = 20 * Math.PI / 180, LEAST_DISTANCE = 13;
    return {
      stage,
      showStill(visible) { still.forEach((component) => component.setVisibility(visible)); },
      setStill(positions) { still.forEach((component, i) => place(component, positions[i])); },
      setFrame(positions) { place(moving, positions); },
      // All of these positions in view, with room for the atoms' radii.
      lookAt(positions) {
        const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
        positions.forEach((x, i) => { low[i % 3] = Math.min(low[i % 3], x); high[i % 3] = Math.max(high[i % 3], x); });
        const centre = low.map((x, axis) => (x + high[axis]) / 2);
        let radius = 0;
        for (let i = 0; i < positions.length; i += 3) {
          radius = Math.max(radius, Math.hypot(positions[i] - centre[0], positions[i + 1] - centre[1], positions[i + 2] - centre[2]));
        }
        stage.viewerControls.center(centre);
        stage.viewerControls.distance(Math.max((radius + 1.2) / Math.tan(HALF_VIEW), LEAST_DISTANCE));
      },
    };
  });
}
