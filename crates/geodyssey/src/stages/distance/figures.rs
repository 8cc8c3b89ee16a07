//! The figures of a matrix of distances.

use geodyssey_report::plots::{DendrogramFigure, DistanceMatrixFigure, EmbeddingFigure};
use geodyssey_report::{Distances, ReportError};

use super::clusters;
use super::request::{Request, Subject};
use crate::artifacts::named_files::NamedFiles;
use crate::error::Error;

/// What is drawn, with its unit.
const TITLE: &str = "Diffusion Edit Distance (√nat)";

/// All figures by name: of one pair there is none.
pub(super) fn draw(distances: &Distances, request: &Request) -> Result<NamedFiles, Error> {
    if distances.configurations.len() < 3 {
        return Ok(Vec::new());
    }
    let failed = |error: ReportError| Error::failed("a figure of the distances", error);
    let names: Vec<String> =
        distances.configurations.iter().map(|configuration| configuration.name.clone()).collect();
    let matrix = DistanceMatrixFigure {
        names: names.clone(),
        distances: distances.distances.clone(),
        title: TITLE.to_owned(),
    };
    let tree = DendrogramFigure {
        names: names.clone(),
        merges: clusters::merges(&distances.distances),
        title: format!("{TITLE}, average linkage"),
    };
    let mut drawn =
        vec![("heat-map", matrix.render().map_err(failed)?), ("dendrogram", tree.render().map_err(failed)?)];
    if let Some(embedding) = &distances.embedding {
        let title = |which: &str| format!("{which} coordinate (√nat)");
        let joined = is_one_trajectory(request);
        // The file is the same for all: its frames' numbers say enough.
        let frame =
            |name: &String| name.rsplit_once(':').map_or_else(|| name.clone(), |(_, frame)| frame.to_owned());
        let figure = EmbeddingFigure {
            joined,
            names: if joined { names.iter().map(frame).collect() } else { names },
            points: embedding.points.clone(),
            titles: [title("first"), title("second")],
        };
        drawn.push(("embedding", figure.render().map_err(failed)?));
    }
    Ok(drawn
        .into_iter()
        .flat_map(|(name, figure)| {
            [
                (format!("distance/{name}.png"), figure.png),
                (format!("distance/{name}.svg"), figure.svg.into_bytes()),
            ]
        })
        .collect())
}

/// Whether all are frames of one trajectory.
fn is_one_trajectory(request: &Request) -> bool {
    let file = |subject: &Subject| subject.name.rsplit_once(':').map(|(file, _)| file.to_owned());
    let first = request.subjects.first().and_then(file);
    first.is_some() && request.subjects.iter().all(|one| one.positions.is_some() && file(one) == first)
}
