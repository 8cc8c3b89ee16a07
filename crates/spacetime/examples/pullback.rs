//! The figures and numbers of docs/explanation/pullback.md: what pullback geometry, the Fisher–Rao metric of pure noise and
//! spacetime make of the paper's mixture of one variable and of three wells of two variables.
//!
//! `cargo run --release --example pullback -- docs/figures`

use std::error::Error;
use std::path::Path;

use geodyssey_denoiser::{Covariance, Denoiser, MixtureComponent, MixtureDenoiser, SpacetimePoint};
use geodyssey_report::plots::{
    CurvesFigure, CurvesPanel, OverlayFigure, RenderedFigure, Scale, Series, SeriesStyle, Surface,
    VariableAxis,
};
use geodyssey_spacetime::{
    Decoder, Geodesic, GeodesicProblem, LinearLogSnrSchedule, ProbabilityFlowSettings, PullbackSettings,
    SolverSettings, default_starts, measure_curve, solve_from_starts, straight_line,
};

/// logSNR of data and of latents.
const DATA: f64 = 6.0;
const LATENT: f64 = -6.0;
/// Nodes of latent curves.
const NODES: usize = 33;
/// Grid points of the energy on either axis.
const GRID: usize = 121;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "docs/figures".to_owned());
    let folder = Path::new(&folder);
    let line = one_variable()?;
    write(folder, "pullback-collapse", &collapse(&line)?)?;
    write(folder, "pullback-curves", &curves(&line)?)?;
    write(folder, "pullback-two-variables", &two_variables()?)?;
    Ok(())
}

fn write(folder: &Path, name: &str, figure: &RenderedFigure) -> Result<(), Box<dyn Error>> {
    std::fs::write(folder.join(format!("{name}.png")), &figure.png)?;
    std::fs::write(folder.join(format!("{name}.svg")), &figure.svg)?;
    Ok(())
}

fn mixture(wells: &[(f64, &[f64], f64)]) -> Result<MixtureDenoiser, Box<dyn Error>> {
    let component = |(weight, mean, variance): &(f64, &[f64], f64)| MixtureComponent {
        weight: *weight,
        mean: mean.to_vec(),
        covariance: Covariance::Isotropic(*variance),
    };
    let periods = vec![None; wells[0].1.len()];
    Ok(MixtureDenoiser::new(wells.iter().map(component).collect(), periods)?)
}

/// The paper's mixture.
fn one_variable() -> Result<MixtureDenoiser, Box<dyn Error>> {
    mixture(&[(0.275, &[-2.5], 0.5625), (0.45, &[0.5], 0.5625), (0.275, &[2.5], 0.5625)])
}

fn decoder(denoiser: &dyn Denoiser, latent_log_snr: f64) -> Decoder<'_> {
    let flow =
        ProbabilityFlowSettings { absolute_tolerance: 1e-9, relative_tolerance: 1e-9, most_steps: 10_000 };
    Decoder { denoiser, data_log_snr: DATA, latent_log_snr, flow }
}

fn between(start: &[f64], end: &[f64]) -> Vec<Vec<f64>> {
    let place = |index: usize| {
        let share = index as f64 / (NODES - 1) as f64;
        start.iter().zip(end).map(|(a, b)| a + share * (b - a)).collect()
    };
    (0..NODES).map(place).collect()
}

fn series(name: &str, points: Vec<[f64; 2]>) -> Series {
    Series { name: name.to_owned(), style: SeriesStyle::Line, points }
}

fn panel(x_title: &str, y_title: &str, scale: Scale, series: Vec<Series>) -> CurvesPanel {
    CurvesPanel {
        x_title: x_title.to_owned(),
        y_title: y_title.to_owned(),
        scale,
        series,
        levels: Vec::new(),
        doubtful: Vec::new(),
    }
}

/// Length of the straight line between the latents of two data points, by the Fisher–Rao metric at a fixed time and in data space.
fn collapse(denoiser: &MixtureDenoiser) -> Result<RenderedFigure, Box<dyn Error>> {
    let schedule = LinearLogSnrSchedule::PAPER;
    let (start, end) = ([-2.3], [2.0]);
    let (mut information, mut euclidean) = (Vec::new(), Vec::new());
    println!("| t | logSNR | Fisher–Rao length at that t (√nat) | pullback distance |");
    println!("|---|---|---|---|");
    for index in 0..=40 {
        let time = 0.2 + 0.02 * f64::from(index);
        let log_snr = schedule.log_snr(time);
        // At the data's own level encoding is the identity.
        let latents = if log_snr < DATA {
            decoder(denoiser, log_snr).encode(&[start.to_vec(), end.to_vec()])?
        } else {
            vec![start.to_vec(), end.to_vec()]
        };
        let ends = [0, 1].map(|index: usize| SpacetimePoint { log_snr, y: latents[index].clone() });
        let line = straight_line(&ends[0], &ends[1], 257);
        let length = measure_curve(&line, &denoiser.moments(&line)?).length;
        information.push([time, length]);
        euclidean.push([time, (end[0] - start[0]).abs()]);
        if index % 5 == 0 {
            println!("| {time:.1} | {log_snr:.0} | {length:.4} | {:.1} |", end[0] - start[0]);
        }
    }
    let title = "diffusion time t of the latents, logSNR = 10 − 20 t";
    let figure = CurvesFigure {
        panels: vec![panel(
            title,
            "distance of two data points",
            Scale::Logarithmic,
            vec![series("Fisher–Rao at that t (√nat)", information), series("pullback", euclidean)],
        )],
        doubtful: String::new(),
    };
    Ok(figure.render()?)
}

fn spacetime_geodesic(
    denoiser: &dyn Denoiser,
    start: &[f64],
    end: &[f64],
) -> Result<Geodesic, Box<dyn Error>> {
    let at = |y: &[f64]| SpacetimePoint { log_snr: DATA, y: y.to_vec() };
    let problem = GeodesicProblem {
        denoiser,
        metric: None,
        start: at(start),
        end: at(end),
        constraints: &[],
        settings: SolverSettings { log_snr_min: -10.0, ..SolverSettings::default() },
        progress: None,
    };
    Ok(solve_from_starts(&problem, &default_starts(&problem))?)
}

/// What a person sees of each curve: the data that it stands for, from the start to the end.
fn curves(denoiser: &MixtureDenoiser) -> Result<RenderedFigure, Box<dyn Error>> {
    let (start, end) = (vec![-2.3], vec![2.0]);
    let decoder = decoder(denoiser, LATENT);
    let latents = decoder.encode(&[start.clone(), end.clone()])?;
    let initial = between(&latents[0], &latents[1]);
    let jump = decoder.decode(&initial)?;
    let found = decoder.geodesic(&initial, &PullbackSettings::default())?;
    println!(
        "\none variable: round trip error {:.1e}; geodesic after {} steps: energy above the least possible {:.1e}, off the \
         straight line {:.1e}",
        decoder.round_trip_error(&[start.clone(), end.clone()])?,
        found.iterations,
        found.excess,
        found.deviation
    );
    let geodesic = spacetime_geodesic(denoiser, &start, &end)?;
    println!(
        "spacetime: length {:.4}, least logSNR {:.2}",
        geodesic.measures.length,
        least_log_snr(&geodesic)
    );
    let shares = |data: &[Vec<f64>]| -> Vec<[f64; 2]> {
        let last = (data.len() - 1) as f64;
        data.iter().enumerate().map(|(index, x)| [index as f64 / last, x[0]]).collect()
    };
    let means: Vec<[f64; 2]> = geodesic
        .nodes
        .iter()
        .zip(&geodesic.arc_length)
        .map(|(node, arc)| [arc / geodesic.measures.length, node.moments.mean()[0]])
        .collect();
    let figure = CurvesFigure {
        panels: vec![panel(
            "share of the curve",
            "x",
            Scale::Linear,
            vec![
                series("straight line in latent space, decoded", shares(&jump)),
                series("pullback geodesic, decoded", shares(&found.data)),
                series("posterior mean along the spacetime geodesic", means),
            ],
        )],
        doubtful: String::new(),
    };
    Ok(figure.render()?)
}

fn least_log_snr(geodesic: &Geodesic) -> f64 {
    geodesic.nodes.iter().map(|node| node.point.log_snr).fold(f64::INFINITY, f64::min)
}

/// The same over the energy of three wells of two variables.
fn two_variables() -> Result<RenderedFigure, Box<dyn Error>> {
    let wells: [(f64, &[f64], f64); 3] =
        [(0.4, &[-1.6, -0.4], 0.12), (0.35, &[1.6, -0.2], 0.12), (0.25, &[0.1, 1.2], 0.16)];
    let denoiser = mixture(&wells)?;
    let (start, end) = (vec![-1.6, -0.4], vec![1.6, -0.2]);
    let decoder = decoder(&denoiser, LATENT);
    let latents = decoder.encode(&[start.clone(), end.clone()])?;
    let initial = between(&latents[0], &latents[1]);
    let found = decoder.geodesic(&initial, &PullbackSettings::default())?;
    let geodesic = spacetime_geodesic(&denoiser, &start, &end)?;
    println!(
        "two variables: round trip error {:.1e}; geodesic after {} steps: energy above the least possible {:.1e}, off the \
         straight line {:.1e}; spacetime: length {:.4}, least logSNR {:.2}",
        decoder.round_trip_error(&[start.clone(), end.clone()])?,
        found.iterations,
        found.excess,
        found.deviation,
        geodesic.measures.length,
        least_log_snr(&geodesic)
    );
    let axis = |name: &str, lower: f64, upper: f64| VariableAxis {
        name: name.to_owned(),
        unit: String::new(),
        lower,
        upper,
        periodic: false,
    };
    let axes = [axis("x", -2.6, 2.6), axis("y", -1.4, 2.2)];
    let figure = OverlayFigure {
        surface: Some(energy(&wells, &axes)),
        variables: axes.to_vec(),
        curves: vec![
            ("straight line in latent space, decoded".to_owned(), decoder.decode(&initial)?),
            ("pullback geodesic, decoded".to_owned(), found.data),
            (
                "posterior mean along the spacetime geodesic".to_owned(),
                geodesic.nodes.iter().map(|node| node.moments.mean().to_vec()).collect(),
            ),
        ],
        start,
        end,
        regions: Vec::new(),
    };
    Ok(figure.render()?)
}

/// `-log q` on a grid, above its least value.
fn energy(wells: &[(f64, &[f64], f64)], axes: &[VariableAxis; 2]) -> Surface {
    let spacing = axes.iter().map(|axis| (axis.upper - axis.lower) / (GRID - 1) as f64).collect::<Vec<f64>>();
    let at = |axis: usize, index: usize| axes[axis].lower + spacing[axis] * index as f64;
    let density = |x: f64, y: f64| -> f64 {
        let well = |(weight, mean, variance): &(f64, &[f64], f64)| {
            let squared = (x - mean[0]).powi(2) + (y - mean[1]).powi(2);
            weight / variance * (-0.5 * squared / variance).exp()
        };
        wells.iter().map(well).sum()
    };
    let energies: Vec<f64> =
        (0..GRID * GRID).map(|index| -density(at(0, index / GRID), at(1, index % GRID)).ln()).collect();
    let least = energies.iter().copied().fold(f64::INFINITY, f64::min);
    Surface {
        origin: axes.iter().map(|axis| axis.lower).collect(),
        spacing,
        points: vec![GRID; 2],
        energies_kj_mol: energies.into_iter().map(|energy| energy - least).collect(),
    }
}
