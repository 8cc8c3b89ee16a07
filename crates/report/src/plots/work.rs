//! Figure: histogram of the work of the forward and the backward paths.

use plotters::coord::Shift;
use plotters::prelude::DrawingArea;
use plotters::style::{Color, RGBColor};
use plotters_backend::DrawingBackend;

use super::axis::{round_step, value_range};
use super::legend::{Entry, Sign};
use super::panel::{BELOW_PIXELS, LEFT_PIXELS, Panel, PanelAxis, PixelBox};
use super::render::{Figure, RenderedFigure, TopLegend, render};
use super::style::{BLACK, BLUE, GREY, VERMILLION, stroke};
use crate::ReportError;
use crate::lengths::check_length;

const WIDTH_PIXELS: f64 = 1380.0;
const HEIGHT_PIXELS: f64 = 640.0;
/// Most bins of a histogram.
const MOST_BINS: f64 = 40.0;

/// Work of the paths, as histograms of equal bins for both directions.
///
/// Backward works are drawn with their sign turned: where both histograms of a protocol cross lies `ΔF` (Crooks, Phys. Rev. E
/// 60, 2721, 1999).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WorkFigure {
    /// Works of the paths from the start to the end, kJ/mol.
    pub forward_kj_mol: Vec<f64>,
    /// Works of the paths from the end to the start as measured, kJ/mol; may be empty.
    pub backward_kj_mol: Vec<f64>,
    /// `F(end) - F(start)` by Bennett's acceptance ratio with its standard error, kJ/mol.
    pub delta_f_kj_mol: Option<(f64, f64)>,
    /// The same from the landscape, kJ/mol.
    pub landscape_delta_f_kj_mol: Option<f64>,
}

impl WorkFigure {
    /// Draws the figure.
    ///
    /// # Errors
    /// No work at all, or one that is not finite.
    pub fn render(&self) -> Result<RenderedFigure, ReportError> {
        let all = self.forward_kj_mol.iter().chain(&self.backward_kj_mol);
        let finite = all.clone().filter(|work| work.is_finite()).count();
        check_length("finite works", all.count(), finite)?;
        if finite == 0 {
            return Err(ReportError::Empty { place: "the list of works".to_owned() });
        }
        render(&Page::new(self)?)
    }
}

/// One direction: its works on the axis, and its colour.
struct Side {
    works: Vec<f64>,
    color: RGBColor,
}

struct Page<'a> {
    figure: &'a WorkFigure,
    sides: Vec<Side>,
    bins: Bins,
    legend: TopLegend,
}

/// Equal bins that begin at a multiple of their width.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Bins {
    first: f64,
    width: f64,
    count: usize,
}

impl Bins {
    /// Bins of a round width at or above half of what Freedman and Diaconis (Z. Wahrscheinlichkeitstheorie 57, 453, 1981) give
    /// for the largest group.
    fn of(groups: &[&[f64]]) -> Self {
        let all = groups.iter().flat_map(|group| group.iter().copied());
        let (lower, upper) = value_range(all, 0.0).unwrap_or((0.0, 1.0));
        let largest = groups.iter().max_by_key(|group| group.len()).copied().unwrap_or(&[]);
        let mut sorted = largest.to_vec();
        sorted.sort_by(f64::total_cmp);
        let quartile =
            |share: f64| sorted.get((share * sorted.len() as f64) as usize).copied().unwrap_or(0.0);
        let spread = quartile(0.75) - quartile(0.25);
        let wanted = spread / (sorted.len().max(1) as f64).cbrt();
        let width = round_step(wanted.max((upper - lower) / MOST_BINS).max(1e-9 * upper.abs().max(1e-9)));
        let first = (lower / width).floor() * width;
        Self { first, width, count: ((upper - first) / width).floor() as usize + 1 }
    }

    fn end(&self) -> f64 {
        self.first + self.count as f64 * self.width
    }

    /// Share of the values in each bin.
    fn shares(&self, values: &[f64]) -> Vec<f64> {
        let mut shares = vec![0.0; self.count];
        for value in values {
            let bin = ((value - self.first) / self.width).max(0.0) as usize;
            shares[bin.min(self.count - 1)] += 1.0 / values.len() as f64;
        }
        shares
    }
}

fn counted(count: usize) -> String {
    if count == 1 { "1 path".to_owned() } else { format!("{count} paths") }
}

impl<'a> Page<'a> {
    fn new(figure: &'a WorkFigure) -> Result<Self, ReportError> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut sides = Vec::new();
        let backward = figure.backward_kj_mol.iter().map(|work| -work).collect();
        for (works, color, name) in
            [(figure.forward_kj_mol.clone(), BLUE, "forward W"), (backward, VERMILLION, "backward −W")]
        {
            if !works.is_empty() {
                entries.push((Sign::Bars(color), format!("{name}, {}", counted(works.len()))));
                sides.push(Side { works, color });
            }
        }
        let shown = |value: f64| format!("{value:.1}").replace('-', "−");
        if let Some((value, error)) = figure.delta_f_kj_mol {
            let meaning = format!("ΔF of the tethered ends (BAR) {} ± {} kJ/mol", shown(value), shown(error));
            entries.push((Sign::Line(BLACK, 4.0), meaning));
        }
        if let Some(value) = figure.landscape_delta_f_kj_mol {
            entries.push((Sign::Dashes(BLACK, 3.5), format!("of the landscape {} kJ/mol", shown(value))));
        }
        let groups: Vec<&[f64]> = sides.iter().map(|side| side.works.as_slice()).collect();
        let bins = Bins::of(&groups);
        let legend = TopLegend::new(entries, LEFT_PIXELS, WIDTH_PIXELS)?;
        Ok(Self { figure, sides, bins, legend })
    }

    fn frame(&self) -> PixelBox {
        PixelBox { left: LEFT_PIXELS, top: self.legend.height, width: WIDTH_PIXELS, height: HEIGHT_PIXELS }
    }

    fn draw_side<DB: DrawingBackend>(
        &self,
        panel: &Panel<'_, DB>,
        side: &Side,
        shares: &[f64],
    ) -> Result<(), ReportError> {
        let edge = |bin: usize| self.bins.first + bin as f64 * self.bins.width;
        let mut outline = vec![[self.bins.first, 0.0]];
        for (bin, &share) in shares.iter().enumerate() {
            if share > 0.0 {
                let (from, to) = (edge(bin), edge(bin + 1));
                panel.draw_band(&[from, to], &[0.0; 2], &[share; 2], side.color.mix(0.35))?;
            }
            outline.extend([[edge(bin), share], [edge(bin + 1), share]]);
        }
        outline.push([self.bins.end(), 0.0]);
        panel.draw_line(&outline, stroke(&side.color, 4.0))
    }
}

impl Figure for Page<'_> {
    fn size(&self) -> Result<(f64, f64), ReportError> {
        let frame = self.frame();
        Ok((frame.left + frame.width + 40.0, frame.top + frame.height + BELOW_PIXELS))
    }

    fn draw<DB: DrawingBackend>(&self, page: &DrawingArea<DB, Shift>) -> Result<(), ReportError> {
        self.legend.draw(page)?;
        let figure = self.figure;
        let lines = figure.delta_f_kj_mol.map(|(value, _)| value).into_iter();
        let drawn = [self.bins.first, self.bins.end()];
        let across = drawn.into_iter().chain(lines).chain(figure.landscape_delta_f_kj_mol);
        let range =
            value_range(across, 0.04).ok_or_else(|| ReportError::Empty { place: "the works".to_owned() })?;
        let shares: Vec<Vec<f64>> = self.sides.iter().map(|side| self.bins.shares(&side.works)).collect();
        let highest = shares.iter().flatten().copied().fold(0.0, f64::max);
        // Below zero each path has a tick of its own.
        let (floor, tick) = (-0.14 * highest, 0.05 * highest);
        let horizontal = PanelAxis::new("work (kJ/mol)", range, 9);
        let mut vertical = PanelAxis::new("share of paths", (floor, 1.08 * highest), 6);
        vertical.ticks.positions.retain(|position| *position >= 0.0);
        let panel = Panel::new(page, self.frame(), horizontal, vertical)?;
        panel.draw_grid()?;
        if let Some((value, error)) = figure.delta_f_kj_mol {
            panel.draw_strip(value - error, value + error, GREY.mix(0.35))?;
        }
        for (side, shares) in self.sides.iter().zip(&shares) {
            self.draw_side(&panel, side, shares)?;
        }
        for (row, side) in self.sides.iter().enumerate() {
            let top = -(0.2 + 1.2 * row as f64) * tick;
            for &work in &side.works {
                panel.draw_line(&[[work, top], [work, top - tick]], stroke(&side.color, 2.0))?;
            }
        }
        panel.draw_line(&[[range.0, 0.0], [range.1, 0.0]], stroke(&BLACK, 2.0))?;
        if let Some((value, _)) = figure.delta_f_kj_mol {
            panel.draw_line(&[[value, floor], [value, 1.08 * highest]], stroke(&BLACK, 4.0))?;
        }
        if let Some(value) = figure.landscape_delta_f_kj_mol {
            let dash = (1.08 * highest - floor) * 16.0 / HEIGHT_PIXELS;
            let mut from = floor;
            while from < 1.08 * highest {
                let to = (from + dash).min(1.08 * highest);
                panel.draw_line(&[[value, from], [value, to]], stroke(&BLACK, 3.5))?;
                from += 1.8 * dash;
            }
        }
        panel.draw_frame(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_falls_into_a_bin_and_shares_add_up() {
        let works: Vec<f64> = (0..50).map(|i| 0.37 * f64::from(i) - 7.0).collect();
        let bins = Bins::of(&[&works, &[-20.0]]);
        assert!(bins.first <= -20.0 && bins.end() > 0.37 * 49.0 - 7.0, "{bins:?}");
        assert!(bins.count as f64 <= MOST_BINS + 1.0, "{bins:?}");
        let shares = bins.shares(&works);
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let third = bins.shares(&[bins.first + 2.5 * bins.width]);
        assert_eq!(third.iter().position(|share| *share > 0.0), Some(2));
    }

    #[test]
    fn equal_works_have_a_bin_too() {
        let bins = Bins::of(&[&[3.0, 3.0]]);
        assert!(bins.width > 0.0 && bins.count >= 1 && bins.first <= 3.0 && bins.end() > 3.0, "{bins:?}");
    }
}
