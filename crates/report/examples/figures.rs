//! Draws every figure from made-up data into a folder, to be looked at:
//! `cargo run -p geodyssey-report --example figures -- FOLDER`.

use std::f64::consts::{PI, TAU};
use std::path::Path;

use geodyssey_report::plots::{
    CurvesFigure, CurvesPanel, EnergyFigure, EnergyPanel, LandscapeFigure, LogSnrFigure, PointLayer,
    PointsFigure, PointsPanel, PosteriorSpread, RenderedFigure, Scale, Series, SeriesStyle, Surface, Trace,
    VariableAxis,
};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// A repeatable wiggle that looks like thermal noise.
fn noise(i: usize, j: usize) -> f64 {
    let x = (i as f64 * 12.9898 + j as f64 * 78.233).sin() * 43_758.547;
    2.0 * (x - x.floor()) - 1.0
}

/// The same, smooth in time.
fn slow_noise(i: usize, j: usize) -> f64 {
    let (step, share) = (j / 25, (j % 25) as f64 / 25.0);
    let smooth = share * share * (3.0 - 2.0 * share);
    0.8 * (noise(i, step) * (1.0 - smooth) + noise(i, step + 1) * smooth) + 0.2 * noise(i, j)
}

/// A made-up surface of two torsions with wells in the places of a dipeptide's.
fn torsion_energy(phi: f64, psi: f64) -> f64 {
    let well = |phi0: f64, psi0: f64, depth: f64| {
        depth * (1.6 * ((phi - phi0).cos() - 1.0) + 1.1 * ((psi - psi0).cos() - 1.0)).exp()
    };
    let wells = well(-2.55, 2.7, 55.0) + well(-1.4, 1.1, 52.0) + well(1.0, -0.7, 50.0);
    70.0 - wells + 8.0 * (2.0 * phi).cos() + 4.0 * (psi - 1.0).cos()
}

fn torsion(name: &str) -> VariableAxis {
    VariableAxis { name: name.to_owned(), unit: "rad".to_owned(), lower: -PI, upper: PI, periodic: true }
}

fn trace(points: impl Iterator<Item = Vec<f64>>) -> Trace {
    let points: Vec<Vec<f64>> = points.collect();
    let last = (points.len() - 1) as f64;
    Trace { arc_share: (0..points.len()).map(|i| i as f64 / last).collect(), points }
}

fn ramachandran() -> LandscapeFigure {
    let n = 72;
    let at = |i: usize| -PI + TAU * i as f64 / n as f64;
    let energies = (0..n * n).map(|k| torsion_energy(at(k / n), at(k % n)));
    let energies: Vec<f64> = energies.collect();
    let minimum = energies.iter().copied().fold(f64::INFINITY, f64::min);
    // Once over the edge in psi, as a winding does.
    let geodesic =
        |s: f64| vec![-2.55 + 3.5 * s + 0.4 * (PI * s).sin(), 2.7 + 2.9 * s - 0.5 * (PI * s).sin()];
    let path = |p: usize| {
        trace((0..400).map(move |i| {
            let mut point = geodesic(f64::from(i) / 399.0);
            point[0] += 0.4 * slow_noise(p, i as usize);
            point[1] += 0.4 * slow_noise(p + 100, i as usize);
            point
        }))
    };
    LandscapeFigure {
        all_paths: 0,
        curve_name: "geodesic".to_owned(),
        variables: vec![torsion("phi"), torsion("psi")],
        surface: Some(Surface {
            origin: vec![-PI, -PI],
            spacing: vec![TAU / n as f64; 2],
            points: vec![n, n],
            energies_kj_mol: energies.iter().map(|e| e - minimum).collect(),
        }),
        energy_cap_kj_mol: None,
        geodesic: trace((0..129).map(|i| geodesic(f64::from(i) / 128.0))),
        paths: (0..32).map(path).collect(),
        start: geodesic(0.0),
        end: geodesic(1.0),
        highest: Some(geodesic(0.55)),
        avoided: Vec::new(),
    }
}

fn box_surface() -> LandscapeFigure {
    let (nx, ny) = (80, 70);
    let (dx, dy) = (2.8 / 79.0, 2.4 / 69.0);
    let muller_brown = |x: f64, y: f64| {
        let terms = [
            (-200.0, -1.0, 0.0, -10.0, 1.0, 0.0),
            (-100.0, -1.0, 0.0, -10.0, 0.0, 0.5),
            (-170.0, -6.5, 11.0, -6.5, -0.5, 1.5),
            (15.0, 0.7, 0.6, 0.7, -1.0, 1.0),
        ];
        let term = |(h, a, b, c, x0, y0): (f64, f64, f64, f64, f64, f64)| {
            h * (a * (x - x0).powi(2) + b * (x - x0) * (y - y0) + c * (y - y0).powi(2)).exp()
        };
        terms.into_iter().map(term).sum::<f64>()
    };
    let energies =
        (0..nx * ny).map(|k| muller_brown(-1.6 + dx * (k / ny) as f64, -0.4 + dy * (k % ny) as f64));
    let corners = [[-0.558, 1.442], [-0.82, 0.62], [-0.05, 0.467], [0.623, 0.028]];
    let along = move |s: f64| {
        let place = (s * 3.0).min(2.999);
        let (i, w) = (place as usize, place.fract());
        vec![
            corners[i][0] + w * (corners[i + 1][0] - corners[i][0]),
            corners[i][1] + w * (corners[i + 1][1] - corners[i][1]),
        ]
    };
    let axis = |name: &str, lower: f64, upper: f64| VariableAxis {
        name: name.to_owned(),
        unit: String::new(),
        lower,
        upper,
        periodic: false,
    };
    LandscapeFigure {
        all_paths: 0,
        curve_name: "geodesic".to_owned(),
        variables: vec![axis("x", -1.6, 1.2), axis("y", -0.4, 2.0)],
        surface: Some(Surface {
            origin: vec![-1.6, -0.4],
            spacing: vec![dx, dy],
            points: vec![nx, ny],
            energies_kj_mol: energies.collect(),
        }),
        energy_cap_kj_mol: Some(20.0),
        geodesic: trace((0..60).map(|i| along(f64::from(i) / 59.0))),
        paths: (0..200)
            .map(|p| {
                trace((0..200).map(move |i| {
                    let point = along(f64::from(i) / 199.0);
                    vec![
                        point[0] + 0.06 * slow_noise(p, i as usize),
                        point[1] + 0.06 * slow_noise(p + 999, i as usize),
                    ]
                }))
            })
            .collect(),
        start: along(0.0),
        end: along(1.0),
        highest: Some(vec![-0.82, 0.62]),
        avoided: Vec::new(),
    }
}

fn one_variable() -> LandscapeFigure {
    let n = 161;
    let energy = |x: f64| {
        let mode = |w: f64, m: f64| w * (-0.5 * ((x - m) / 0.75).powi(2)).exp();
        -(mode(0.275, -2.5) + mode(0.45, 0.5) + mode(0.275, 2.5)).ln()
    };
    let at = |s: f64| vec![-2.3 + 4.3 * s * s * (3.0 - 2.0 * s)];
    LandscapeFigure {
        all_paths: 0,
        curve_name: "geodesic".to_owned(),
        variables: vec![VariableAxis {
            name: "x".to_owned(),
            unit: String::new(),
            lower: -5.0,
            upper: 5.0,
            periodic: false,
        }],
        surface: Some(Surface {
            origin: vec![-5.0],
            spacing: vec![10.0 / 160.0],
            points: vec![n],
            energies_kj_mol: (0..n).map(|i| energy(-5.0 + 10.0 * i as f64 / 160.0)).collect(),
        }),
        energy_cap_kj_mol: None,
        geodesic: trace((0..100).map(|i| at(f64::from(i) / 99.0))),
        paths: (0..20)
            .map(|p| {
                trace(
                    (0..300)
                        .map(move |i| vec![at(f64::from(i) / 299.0)[0] + 0.4 * slow_noise(p, i as usize)]),
                )
            })
            .collect(),
        start: at(0.0),
        end: at(1.0),
        highest: Some(vec![-1.1]),
        avoided: Vec::new(),
    }
}

fn log_snr() -> LogSnrFigure {
    let share: Vec<f64> = (0..129).map(|i| f64::from(i) / 128.0).collect();
    let log_snr: Vec<f64> = share.iter().map(|s| 5.0 - 2.0 * (PI * s).sin().sqrt()).collect();
    let spread = |factor: f64| log_snr.iter().map(|l| factor * (-0.5 * l).exp()).collect();
    LogSnrFigure {
        arc_length: share.iter().map(|s| 7.53 * s).collect(),
        posterior: vec![
            PosteriorSpread {
                name: "phi".to_owned(),
                unit: "rad".to_owned(),
                standard_deviation: spread(0.8),
            },
            PosteriorSpread {
                name: "psi".to_owned(),
                unit: "rad".to_owned(),
                standard_deviation: spread(0.95),
            },
        ],
        log_snr,
        floor: Some(3.0),
    }
}

fn energies() -> EnergyFigure {
    let share: Vec<f64> = (0..500).map(|i| f64::from(i) / 499.0).collect();
    let barrier = |s: f64| 36.0 * (-((s - 0.6) / 0.18).powi(2)).exp() + 5.0 * s;
    let paths = |count: usize, level: f64, noise_level: f64| -> Vec<Vec<f64>> {
        (0..count)
            .map(|p| {
                let value = |(i, &s): (usize, &f64)| {
                    let slow = noise(p, i / 20) * 0.5;
                    level + barrier(s) + noise_level * (noise(p, i).abs() + slow)
                };
                share.iter().enumerate().map(value).collect()
            })
            .collect()
    };
    EnergyFigure {
        curve_name: "geodesic".to_owned(),
        panels: vec![
            EnergyPanel {
                title: "landscape energy".to_owned(),
                arc_share: share.clone(),
                paths_kj_mol: paths(32, 0.0, 6.0),
                geodesic_kj_mol: share.iter().map(|&s| (s, barrier(s))).collect(),
                lower_bound_kj_mol: Some(36.3),
            },
            EnergyPanel {
                title: "all-atom potential energy".to_owned(),
                arc_share: share.clone(),
                paths_kj_mol: paths(32, -15.0, 30.0),
                ..EnergyPanel::default()
            },
        ],
    }
}

fn curves() -> CurvesFigure {
    let falling = |name: &str, style, level: f64| Series {
        name: name.to_owned(),
        style,
        points: (0..60).map(|i| [f64::from(i) * 50.0, level * (-f64::from(i) / 9.0).exp() + 2e-4]).collect(),
    };
    let panel = |y_title: &str, scale, series| CurvesPanel {
        x_title: "step".to_owned(),
        y_title: y_title.to_owned(),
        scale,
        series,
        levels: vec![("threshold".to_owned(), 0.02)],
        doubtful: vec![(2000.0, 2600.0)],
    };
    CurvesFigure {
        panels: vec![
            panel(
                "loss",
                Scale::Logarithmic,
                vec![
                    falling("training", SeriesStyle::Line, 1.0),
                    falling("held out", SeriesStyle::Discs, 1.2),
                ],
            ),
            panel("share", Scale::Linear, vec![falling("training", SeriesStyle::LineAndDiscs, 0.5)]),
        ],
        doubtful: "too few data points".to_owned(),
    }
}

fn points() -> PointsFigure {
    let map = ramachandran();
    let cloud = |name: &str, shift: f64, radius_pixels| PointLayer {
        name: name.to_owned(),
        points: (0..1500).map(|i| [-2.5 + shift + 0.6 * noise(i, 1), 2.7 + 0.8 * noise(i, 2)]).collect(),
        radius_pixels,
    };
    let panel = |title: &str, layers| PointsPanel { title: title.to_owned(), layers };
    PointsFigure {
        variables: [torsion("phi"), torsion("psi")],
        surface: map.surface,
        energy_cap_kj_mol: Some(60.0),
        panels: vec![
            panel("data", vec![cloud("samples", 0.0, 3.0)]),
            panel("reverse SDE", vec![cloud("samples", 0.4, 3.0), cloud("ridge", 1.5, 5.0)]),
            panel("probability-flow ODE", vec![cloud("samples", 0.9, 3.0)]),
        ],
    }
}

fn write(folder: &Path, name: &str, figure: &RenderedFigure) -> Outcome {
    std::fs::write(folder.join(format!("{name}.png")), &figure.png)?;
    std::fs::write(folder.join(format!("{name}.svg")), &figure.svg)?;
    println!("{name}: PNG {} KiB, SVG {} KiB", figure.png.len() / 1024, figure.svg.len() / 1024);
    Ok(())
}

fn main() -> Outcome {
    let folder = std::env::args().nth(1).ok_or("give a folder")?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    write(folder, "landscape-torsions", &ramachandran().render()?)?;
    write(folder, "landscape-box", &box_surface().render()?)?;
    let mut three = ramachandran();
    three.variables.push(torsion("omega"));
    three.surface = None;
    let all_points = three.paths.iter_mut().chain([&mut three.geodesic]);
    all_points.flat_map(|t| &mut t.points).for_each(|p| p.push(PI));
    [&mut three.start, &mut three.end].into_iter().chain(&mut three.highest).for_each(|p| p.push(PI));
    write(folder, "landscape-three-variables", &three.render()?)?;
    write(folder, "landscape-one-variable", &one_variable().render()?)?;
    write(folder, "log-snr", &log_snr().render()?)?;
    let two = energies();
    write(folder, "energy-two-panels", &two.render()?)?;
    let one = EnergyFigure { curve_name: "geodesic".to_owned(), panels: two.panels[..1].to_vec() };
    write(folder, "energy", &one.render()?)?;
    write(folder, "curves", &curves().render()?)?;
    write(folder, "points", &points().render()?)?;
    let mut bare = points();
    bare.surface = None;
    write(folder, "points-without-surface", &bare.render()?)
}
