//! Every figure renders, whatever a run may hand over, and what is wrong is refused by name.

use geodyssey_report::ReportError;
use geodyssey_report::plots::{
    AvoidedRegion, CurvesFigure, CurvesPanel, EnergyFigure, EnergyPanel, LandscapeFigure, LogSnrFigure,
    PointLayer, PointsFigure, PointsPanel, PosteriorSpread, RenderedFigure, Scale, Series, SeriesStyle,
    Surface, Trace, VariableAxis, WorkFigure,
};

const PNG_SIGNATURE: [u8; 8] = [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n'];

/// Width and height from a PNG's header chunk (PNG specification, 11.2.2).
fn png_size(png: &[u8]) -> (u32, u32) {
    assert_eq!(png[..8], PNG_SIGNATURE);
    assert_eq!(&png[12..16], b"IHDR");
    let number = |at: usize| u32::from_be_bytes([png[at], png[at + 1], png[at + 2], png[at + 3]]);
    (number(16), number(20))
}

fn assert_whole(figure: &RenderedFigure) {
    let (width, height) = png_size(&figure.png);
    assert!((1000..2000).contains(&width) && (600..2000).contains(&height), "{width} × {height}");
    assert!(figure.svg.starts_with(&format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\""
    )));
    assert!(figure.svg.trim_end().ends_with("</svg>"));
    assert!(figure.svg.contains("<text"), "text stays text");
}

fn axis(name: &str, periodic: bool) -> VariableAxis {
    let unit = if periodic { "rad" } else { "" };
    VariableAxis {
        name: name.to_owned(),
        unit: unit.to_owned(),
        lower: -std::f64::consts::PI,
        upper: std::f64::consts::PI,
        periodic,
    }
}

fn figure(dimension: usize) -> LandscapeFigure {
    let points = 12usize;
    let trace = Trace {
        arc_share: vec![0.0, 0.5, 1.0],
        points: vec![vec![3.0; dimension], vec![3.5; dimension], vec![-2.0; dimension]],
    };
    LandscapeFigure {
        all_paths: 0,
        curve_name: "geodesic".to_owned(),
        variables: ["phi", "psi", "chi1"][..dimension].iter().map(|n| axis(n, true)).collect(),
        surface: (dimension < 3).then(|| Surface {
            origin: vec![-std::f64::consts::PI; dimension],
            spacing: vec![std::f64::consts::TAU / points as f64; dimension],
            points: vec![points; dimension],
            energies_kj_mol: (0..points.pow(dimension as u32)).map(|i| (i % 7) as f64).collect(),
        }),
        energy_cap_kj_mol: None,
        geodesic: trace.clone(),
        paths: vec![trace],
        start: vec![3.0; dimension],
        end: vec![-2.0; dimension],
        highest: Some(vec![3.5; dimension]),
        avoided: Vec::new(),
    }
}

#[test]
fn landscapes_of_one_two_and_three_variables_render() -> Result<(), ReportError> {
    for dimension in 1..=3 {
        let rendered = figure(dimension).render()?;
        assert_whole(&rendered);
        assert!(rendered.svg.contains("φ (°)"));
        assert_eq!(rendered.svg.contains("data:image/png;base64,"), dimension == 2);
    }
    Ok(())
}

#[test]
fn the_same_numbers_give_the_same_bytes() -> Result<(), ReportError> {
    assert_eq!(figure(2).render()?, figure(2).render()?);
    Ok(())
}

#[test]
fn holes_in_a_surface_and_broken_paths_do_not_stop_a_figure() -> Result<(), ReportError> {
    let mut holed = figure(2);
    if let Some(surface) = &mut holed.surface {
        surface.energies_kj_mol[5] = f64::INFINITY;
        surface.energies_kj_mol[60] = f64::NAN;
    }
    holed.paths[0].points[1] = vec![f64::NAN; 2];
    holed.highest = Some(vec![f64::NAN; 2]);
    assert_whole(&holed.render()?);
    Ok(())
}

#[test]
fn a_geodesic_over_the_edge_does_not_cross_the_page() -> Result<(), ReportError> {
    let rendered = figure(2).render()?;
    // The geodesic's stroke: 12 canvas units wide, vermillion. From (3, 3) over the corner to
    // (-2.78, -2.78): pieces on both sides, none as long as a tenth of the page.
    let geodesic = rendered.svg.lines().filter(|l| l.contains("#D55E00") && l.contains("polyline"));
    let mut pieces = 0;
    for line in geodesic.filter(|l| l.contains("stroke-width=\"12\"")) {
        let points = line.split("points=\"").nth(1).unwrap_or_default();
        let points = points.split('"').next().unwrap_or_default();
        let points: Vec<Vec<f64>> = points
            .split_whitespace()
            .map(|p| p.split(',').filter_map(|v| v.parse().ok()).collect())
            .collect();
        if points.iter().all(|p| p[1] > 200.0 || p[0] > 2000.0) || points.len() > 1 {
            pieces += 1;
        }
        for pair in points.windows(2) {
            let step = (pair[1][0] - pair[0][0]).hypot(pair[1][1] - pair[0][1]);
            assert!(step < 500.0, "a step of {step} units: {line}");
        }
    }
    assert!(pieces >= 2, "{pieces} pieces");
    Ok(())
}

#[test]
fn what_does_not_fit_together_is_named() {
    let mut short = figure(2);
    short.paths[0].arc_share.pop();
    let message = |figure: &LandscapeFigure| figure.render().err().map(|e| e.to_string()).unwrap_or_default();
    assert_eq!(message(&short), "shares of arc of a path: expected 3 values, found 2");
    let mut flat = figure(2);
    flat.variables[1].upper = flat.variables[1].lower;
    assert!(message(&flat).contains("'psi'"), "{}", message(&flat));
    let mut missing = figure(1);
    missing.surface = None;
    assert_eq!(message(&missing), "the surface is empty");
    let mut small = figure(2);
    if let Some(surface) = &mut small.surface {
        surface.energies_kj_mol.pop();
    }
    assert_eq!(message(&small), "energies of the surface: expected 144 values, found 143");
}

#[test]
fn log_snr_gets_a_panel_for_each_unit() -> Result<(), ReportError> {
    let spread = |name: &str, unit: &str| PosteriorSpread {
        name: name.to_owned(),
        unit: unit.to_owned(),
        standard_deviation: vec![0.1, 0.3, 0.1],
    };
    let mut figure = LogSnrFigure {
        arc_length: vec![0.0, 1.0, 2.5],
        log_snr: vec![4.0, 3.0, 4.0],
        posterior: vec![spread("phi", "rad"), spread("distance", "nm")],
        floor: Some(3.0),
    };
    let rendered = figure.render()?;
    assert_whole(&rendered);
    assert!(rendered.svg.contains("posterior std (°)") && rendered.svg.contains("posterior std (nm)"));
    figure.posterior.clear();
    figure.floor = None;
    let alone = figure.render()?;
    assert!(png_size(&alone.png).1 < png_size(&rendered.png).1);
    figure.log_snr.pop();
    assert!(matches!(figure.render(), Err(ReportError::Length { .. })));
    Ok(())
}

#[test]
fn energies_render_for_one_path_and_for_none() -> Result<(), ReportError> {
    let mut panel = EnergyPanel {
        title: "landscape energy".to_owned(),
        arc_share: vec![0.0, 0.5, 1.0],
        paths_kj_mol: vec![vec![0.0, 30.0, 5.0]],
        geodesic_kj_mol: vec![(0.0, 0.0), (0.5, 28.0), (1.0, 4.0)],
        lower_bound_kj_mol: Some(27.0),
    };
    let figure =
        |panel: &EnergyPanel| EnergyFigure { curve_name: "geodesic".to_owned(), panels: vec![panel.clone()] };
    let one = figure(&panel).render()?;
    assert_whole(&one);
    assert!(one.svg.contains("lower bound 27.0 kJ/mol"));
    assert!(!one.svg.contains("mean ± std"), "one path has no spread");
    panel.paths_kj_mol.clear();
    assert_whole(&figure(&panel).render()?);
    panel.geodesic_kj_mol.clear();
    assert!(matches!(figure(&panel).render(), Err(ReportError::Empty { .. })));
    Ok(())
}

#[test]
fn curves_leave_out_what_a_logarithm_cannot_show() -> Result<(), ReportError> {
    let series = |name: &str, values: [f64; 3]| Series {
        name: name.to_owned(),
        style: SeriesStyle::LineAndDiscs,
        points: values.iter().enumerate().map(|(i, v)| [i as f64, *v]).collect(),
    };
    let mut figure = CurvesFigure {
        panels: vec![CurvesPanel {
            x_title: "step".to_owned(),
            y_title: "loss".to_owned(),
            scale: Scale::Logarithmic,
            series: vec![series("training", [1.0, 0.1, 1e-5]), series("held out", [0.0, f64::NAN, 0.5])],
            levels: vec![("threshold".to_owned(), 0.01)],
            doubtful: vec![(0.5, 1.0)],
        }],
        doubtful: "too few data points".to_owned(),
    };
    let rendered = figure.render()?;
    assert_whole(&rendered);
    for text in ["10⁻⁵", "held out", "threshold", "too few data points"] {
        assert!(rendered.svg.contains(text), "{text}");
    }
    // Three and one of the two curves' values can be drawn as discs.
    assert_eq!(rendered.svg.matches("<circle").count(), 4);
    figure.doubtful.clear();
    assert!(figure.render().is_err(), "strips without a meaning");
    figure.panels[0].series = vec![series("negative", [-1.0, 0.0, f64::NAN])];
    figure.panels[0].doubtful.clear();
    assert!(matches!(figure.render(), Err(ReportError::Empty { .. })));
    Ok(())
}

#[test]
fn clouds_of_points_render_beside_each_other_and_by_their_images() -> Result<(), ReportError> {
    let layer = |name: &str, x: f64| PointLayer {
        name: name.to_owned(),
        points: vec![[x, 0.5], [x, -0.5]],
        radius_pixels: 3.0,
    };
    let mut clouds = PointsFigure {
        variables: [axis("phi", true), axis("x", false)],
        surface: figure(2).surface,
        energy_cap_kj_mol: Some(4.0),
        panels: ["data", "reverse SDE"]
            .map(|title| PointsPanel {
                title: title.to_owned(),
                layers: vec![layer("samples", 1.0), layer("ridge", 20.0)],
            })
            .to_vec(),
    };
    let rendered = clouds.render()?;
    // Two layers of two points in two panels, and one disc each in the legend; 20 rad has an image on the axis.
    assert_eq!(rendered.svg.matches("<circle").count(), 10);
    assert_eq!(rendered.svg.matches("data:image/png").count(), 2);
    assert!(rendered.svg.contains("reverse SDE"));
    clouds.panels[1].layers[0].points[1][0] = f64::NAN;
    assert!(clouds.render().is_err());
    clouds.panels.clear();
    assert!(matches!(clouds.render(), Err(ReportError::Empty { .. })));
    Ok(())
}

#[test]
fn an_avoided_region_is_drawn_over_the_edge_of_a_period() -> Result<(), ReportError> {
    for dimension in 1..=3 {
        let mut figure = figure(dimension);
        let plain = figure.render()?;
        // Centred on the corner of the torus: one of its images shows on every side.
        figure.avoided = vec![AvoidedRegion {
            center: vec![std::f64::consts::PI; dimension],
            radius: vec![0.5; dimension],
        }];
        let rendered = figure.render()?;
        assert_whole(&rendered);
        assert!(rendered.svg.contains("region avoided") && !plain.svg.contains("region avoided"));
        figure.avoided[0].radius.pop();
        assert!(matches!(figure.render(), Err(ReportError::Length { .. })));
    }
    Ok(())
}

#[test]
fn frames_say_where_a_point_of_the_variables_lies_on_the_page() -> Result<(), ReportError> {
    let mut figure = figure(2);
    figure.start = vec![1.0, -2.0];
    let frames = figure.frames()?;
    assert_eq!(frames.len(), 1);
    let frame = &frames[0];
    let (page_width, page_height) = png_size(&figure.render()?.png);
    assert_eq!(frame.page, (f64::from(page_width), f64::from(page_height)));
    let share = |axis: &geodyssey_report::plots::PlotAxis, value: f64| {
        (value - axis.lower) / (axis.upper - axis.lower)
    };
    let x = frame.left + frame.width * share(&frame.x, 1.0);
    let y = frame.top + frame.height * (1.0 - share(&frame.y, -2.0));
    // The start's marker is a white disc of 11 pixels in a black one: the canvas has two units to a pixel.
    let svg = figure.render()?.svg;
    let place = format!("<circle cx=\"{:.0}\" cy=\"{:.0}\" r=\"22\"", 2.0 * x, 2.0 * y);
    assert!(svg.contains(&place), "{place} is not in the figure");
    figure.variables.truncate(1);
    assert!(figure.frames().is_err(), "points of two variables on one axis");
    Ok(())
}

#[test]
fn energies_have_a_frame_for_each_panel() -> Result<(), ReportError> {
    let panel = |title: &str, lowest: f64| EnergyPanel {
        title: title.to_owned(),
        arc_share: vec![0.0, 1.0],
        paths_kj_mol: vec![vec![lowest, lowest + 100.0]],
        ..EnergyPanel::default()
    };
    let figure = EnergyFigure {
        curve_name: "geodesic".to_owned(),
        panels: vec![panel("one", 0.0), panel("two", -50.0)],
    };
    let frames = figure.frames(&["landscape_energy_kj_mol", "potential_energy_kj_mol"])?;
    assert_eq!(frames[1].y.column, "potential_energy_kj_mol");
    assert_eq!((frames[1].y.lower, frames[1].y.upper), (-55.0, 55.0));
    assert!(frames[0].top + frames[0].height < frames[1].top);
    assert!(figure.frames(&["one"]).is_err());
    Ok(())
}

#[test]
fn works_render_for_both_directions_for_one_and_not_for_none() -> Result<(), ReportError> {
    let mut figure = WorkFigure {
        forward_kj_mol: vec![4.0, 6.5, 7.0, 9.5, 12.0],
        backward_kj_mol: vec![-4.0, -2.0, 1.0, -6.0],
        delta_f_kj_mol: Some((5.0, 0.4)),
        landscape_delta_f_kj_mol: Some(-5.5),
    };
    let both = figure.render()?;
    assert_whole(&both);
    for text in [
        "forward W, 5 paths",
        "backward −W, 4 paths",
        "ΔF of the tethered ends (BAR) 5.0 ± 0.4 kJ/mol",
        "landscape −5.5",
    ] {
        assert!(both.svg.contains(text), "{text}");
    }
    figure.backward_kj_mol.clear();
    figure.delta_f_kj_mol = None;
    assert!(!figure.render()?.svg.contains("backward"));
    figure.forward_kj_mol[0] = f64::NAN;
    assert!(matches!(figure.render(), Err(ReportError::Length { .. })));
    figure.forward_kj_mol.clear();
    assert!(matches!(figure.render(), Err(ReportError::Empty { .. })));
    Ok(())
}
