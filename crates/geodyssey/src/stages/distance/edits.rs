//! Of two configurations: the sequence of noise and denoise edits from one to the other, as a table, a figure and a trajectory.

use geodyssey_dynamics::{DynamicsError, MinimisationParameters, MinimisationTask};
use geodyssey_molecule::superposition::align_frames;
use geodyssey_report::{
    ReportError,
    plots::{LogSnrFigure, PosteriorSpread},
};
use geodyssey_run::RunDirectory;
use geodyssey_spacetime::Geodesic;
use geodyssey_trajectory::TrajectoryFormat;

use super::request::Request;
use crate::artifacts::distances::STAGE;
use crate::artifacts::named_files::NamedFiles;
use crate::artifacts::trajectories::write_trajectory;
use crate::error::Error;
use crate::problem::engine::ActsOn;
use crate::problem::{Molecule, Problem};
use crate::terminal::say;

/// Trajectories of the edits by format, and where they go.
const TRAJECTORIES: [(TrajectoryFormat, &str); 2] =
    [(TrajectoryFormat::Pdb, "distance/edits.pdb"), (TrajectoryFormat::Xtc, "distance/edits.xtc")];

/// All files of the edits by name. Trajectories go through their own writers and are read back.
pub(super) fn write(
    problem: &Problem,
    request: &Request,
    geodesic: &Geodesic,
    directory: &RunDirectory,
) -> Result<NamedFiles, Error> {
    let figure = figure(problem, geodesic)
        .render()
        .map_err(|error: ReportError| Error::failed("the figure of the edits", error))?;
    let mut outputs = vec![
        ("distance/edits.csv".to_owned(), table(problem, geodesic).into_bytes()),
        ("distance/edits.png".to_owned(), figure.png),
        ("distance/edits.svg".to_owned(), figure.svg.into_bytes()),
    ];
    let ends = [0, 1].map(|index: usize| request.subjects[index].positions.as_ref());
    if let (Some(molecule), [Some(first), Some(second)]) = (&problem.molecule, ends) {
        let frames = frames(problem, molecule, geodesic, [first, second])?;
        for (format, name) in TRAJECTORIES {
            let path = directory.claim(name)?;
            write_trajectory(format, &path, &molecule.topology, &frames)?;
            outputs.push((name.to_owned(), directory.read(name)?));
        }
    }
    Ok(outputs)
}

/// Index of the noisiest node: noise is added up to it and removed after it.
fn noisiest(geodesic: &Geodesic) -> usize {
    let log_snr = |index: usize| geodesic.nodes[index].point.log_snr;
    (0..geodesic.nodes.len())
        .fold(0, |least, index| if log_snr(index) < log_snr(least) { index } else { least })
}

fn table(problem: &Problem, geodesic: &Geodesic) -> String {
    let columns = |prefix: &str, power: &str| -> Vec<String> {
        let names = problem.variables.iter().map(|variable| {
            let power = if variable.quantity.column_unit().is_empty() { "" } else { power };
            format!("{prefix}_{}{power}", variable.column())
        });
        names.collect()
    };
    let mut header: Vec<String> = ["point", "edit", "arc_length", "log_snr"].map(str::to_owned).to_vec();
    header.extend([columns("y", ""), columns("mean", ""), columns("variance", "2")].concat());
    let mut text = header.join(",") + "\n";
    let noisiest = noisiest(geodesic);
    for (index, (node, arc)) in geodesic.nodes.iter().zip(&geodesic.arc_length).enumerate() {
        let edit = match index {
            0 => "first",
            _ if index == geodesic.nodes.len() - 1 => "second",
            _ if index <= noisiest => "noise",
            _ => "denoise",
        };
        let mut cells =
            vec![index.to_string(), edit.to_owned(), arc.to_string(), node.point.log_snr.to_string()];
        let scales = &problem.scales;
        let variances = scales.each().iter().enumerate();
        let variances = variances.map(|(axis, scale)| node.moments.metric[(axis, axis)] * scale.powi(2));
        let (y, mean) = (scales.own(&node.point.y), scales.own(node.moments.mean()));
        let numbers = y.into_iter().chain(mean).chain(variances);
        cells.extend(numbers.map(|number| number.to_string()));
        text.push_str(&(cells.join(",") + "\n"));
    }
    text
}

fn figure(problem: &Problem, geodesic: &Geodesic) -> LogSnrFigure {
    let spread = |(axis, variable): (usize, &crate::problem::variables::Variable)| PosteriorSpread {
        name: variable.name.clone(),
        unit: variable.quantity.unit.column().to_owned(),
        standard_deviation: geodesic
            .nodes
            .iter()
            .map(|node| node.moments.metric[(axis, axis)].max(0.0).sqrt() * problem.scales.each()[axis])
            .collect(),
    };
    LogSnrFigure {
        arc_length: geodesic.arc_length.clone(),
        log_snr: geodesic.nodes.iter().map(|node| node.point.log_snr).collect(),
        posterior: problem.variables.iter().enumerate().map(spread).collect(),
        floor: None,
    }
}

/// One frame for each node: the atoms relaxed with the variables held at the posterior mean. Frames of the noise edits start from
/// the first structure and those of the denoise edits from the second, each from the frame before it, so that what the variables
/// do not determine changes only where the noise is largest. All are superposed on the first by the heavy atoms. Frames that do
/// not converge are kept and reported.
fn frames(
    problem: &Problem,
    molecule: &Molecule,
    geodesic: &Geodesic,
    [first, second]: [&Vec<[f64; 3]>; 2],
) -> Result<Vec<Vec<[f64; 3]>>, Error> {
    let failed = |error: DynamicsError| Error::failed("the frames of the edits", error);
    let engine = molecule.engine(ActsOn::Variables).map_err(failed)?;
    let parameters = MinimisationParameters::default();
    let relax = |start: &Vec<[f64; 3]>, nodes: &mut dyn Iterator<Item = usize>| {
        let (mut frames, mut unfinished) = (Vec::new(), 0_usize);
        let mut task = MinimisationTask {
            positions: start.clone(),
            target: Vec::new(),
            multipliers: vec![0.0; molecule.variables.len()],
        };
        for index in nodes {
            task.target = problem.scales.own(geodesic.nodes[index].moments.mean());
            let Some(relaxed) = engine.minimise(std::slice::from_ref(&task), &parameters)?.pop() else {
                break;
            };
            task.positions.clone_from(&relaxed.positions);
            task.multipliers = relaxed.multipliers;
            unfinished += usize::from(!relaxed.converged);
            frames.push(relaxed.positions);
        }
        Ok::<_, DynamicsError>((frames, unfinished))
    };
    let (noisiest, last) = (noisiest(geodesic), geodesic.nodes.len() - 1);
    let (noise, denoise) =
        rayon::join(|| relax(first, &mut (0..=noisiest)), || relax(second, &mut (noisiest + 1..=last).rev()));
    let (mut frames, unfinished) = noise.map_err(failed)?;
    let (denoised, more) = denoise.map_err(failed)?;
    frames.extend(denoised.into_iter().rev());
    if unfinished + more > 0 {
        let count = frames.len();
        say!("{STAGE}: warning: {} of {count} frames did not relax to convergence", unfinished + more);
    }
    align_frames(&mut frames, &molecule.aligned_atoms())
        .map_err(|error| Error::failed("the frames of the edits", error))?;
    Ok(frames)
}
