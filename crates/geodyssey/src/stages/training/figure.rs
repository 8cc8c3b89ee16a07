//! The figure of a training.

use geodyssey_denoiser::{FitReport, TrainingProgress};
use geodyssey_report::plots::{CurvesFigure, CurvesPanel, RenderedFigure, Scale, Series, SeriesStyle};

use crate::error::Error;

/// Loss of the pairs of training and of the held-out ones over the steps.
pub(super) fn of_training(history: &[TrainingProgress]) -> Result<RenderedFigure, Error> {
    let series = |name: &str, value: fn(&TrainingProgress) -> f64| {
        curve(name, history.iter().map(|row| [row.step as f64, value(row)]).collect())
    };
    let training = series("training", |row| row.training_loss);
    let held_out = series("held out, averaged weights", |row| row.held_out_loss);
    draw("step", "loss (1: nothing learned)", vec![training, held_out])
}

/// Error of the held-out pairs of a fit in closed form over the noise levels.
pub(super) fn of_fit(report: &FitReport) -> Result<RenderedFigure, Error> {
    let levels = &report.held_out_error_by_level;
    let points = levels.iter().map(|level| [level.log_snr, level.error]).collect();
    draw("log SNR", "relative error (1: nothing learned)", vec![curve("held out", points)])
}

fn curve(name: &str, points: Vec<[f64; 2]>) -> Series {
    Series { name: name.to_owned(), style: SeriesStyle::LineAndDiscs, points }
}

fn draw(x_title: &str, y_title: &str, series: Vec<Series>) -> Result<RenderedFigure, Error> {
    let panel = CurvesPanel {
        x_title: x_title.to_owned(),
        y_title: y_title.to_owned(),
        scale: Scale::Logarithmic,
        series,
        levels: Vec::new(),
        doubtful: Vec::new(),
    };
    let figure = CurvesFigure { panels: vec![panel], doubtful: String::new() };
    figure.render().map_err(|error| Error::failed("the figure of the training", error))
}
