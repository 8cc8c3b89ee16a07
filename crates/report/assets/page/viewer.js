"use strict";
// The 3-D view: one molecule that moves and three copies that stand still. Needs NGL, loaded before this.

// eslint-disable-next-line no-unused-vars
function makeViewer(element, structure) {
  const probe = document.createElement("canvas");
  if (!(probe.getContext("webgl2") || probe.getContext("webgl"))) {
    const note = document.createElement("p");
    note.className = "no-webgl";
    note.textContent = "This browser shows no WebGL, so there is no 3-D view here. The figures follow the path all the same; " +
      "view.vmd and view.pml show the molecule in VMD and PyMOL.";
    element.append(note);
    return Promise.resolve(null);
  }
  const stage = new NGL.Stage(element, { backgroundColor: "white", cameraType: "orthographic", fogNear: 100, fogFar: 100 });
  // The page has its own keys.
  stage.keyControls.disabled = true;
  new ResizeObserver(() => stage.handleResize()).observe(element);
  const load = () => stage.loadFile(new Blob([structure], { type: "text/plain" }), { ext: "pdb", defaultRepresentation: false });
  return Promise.all([load(), load(), load(), load()]).then(([moving, ...still]) => {
    moving.addRepresentation("licorice", { colorScheme: "element", multipleBond: "off", radius: 0.22 });
    ["#0072b2", "#e69f00", "#aa4499"].forEach((color, i) => {
      still[i].addRepresentation("licorice", { colorScheme: "uniform", colorValue: color, multipleBond: "off", radius: 0.07 });
    });
    const place = (component, positions) => {
      component.structure.updatePosition(positions);
      component.updateRepresentations({ position: true });
    };
    let looked = false;
    return {
      stage,
      showStill(visible) { still.forEach((component) => component.setVisibility(visible)); },
      setStill(positions) { still.forEach((component, i) => place(component, positions[i])); },
      setFrame(positions) {
        place(moving, positions);
        if (!looked) {
          looked = true;
          stage.autoView();
          // A film of a small molecule needs less room around it.
          stage.viewerControls.zoom(0.3);
        }
      },
    };
  });
}
