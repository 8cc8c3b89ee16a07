//! `compare.html`: words, tables and figures in one file that needs nothing else.

use super::{Comparison, ComparisonGroup};
use crate::{ReportError, Table};

/// A figure of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageFigure {
    /// What it shows, in a sentence.
    pub caption: String,
    /// SVG document.
    pub svg: String,
}

const STYLE: &str = "\
body { font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
h1, h2, h3 { line-height: 1.2 }
h2 { margin-top: 2.5rem }
ul { padding-left: 1.2rem }
.wide { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; margin: .5rem 0 1rem }
th, td { padding: .25rem .6rem; border-bottom: 1px solid #ccc; text-align: left; white-space: nowrap }
th { border-bottom: 2px solid #1a1a1a }
.number { text-align: right }
figure { margin: 1.5rem 0 }
figure svg { width: 100%; max-width: 56rem; height: auto }
figcaption, .note { color: #444; font-size: .9rem }
@media print { body { max-width: none; margin: 0 } h2, figure { break-inside: avoid } table { font-size: .7rem } }
";

const NOTES: &str = "\
MaxEnergy is the highest energy of a path over every step, its mean over the forward paths; reached is the share of paths whose last \
frame lies within the other state, and a MaxEnergy without it means nothing. Rows that share a letter are not told apart. The lower \
bound is the bottleneck of the landscape between the two states, which no path can stay below. A · marks baselines that the \
comparison added, with the sampling budget of the first path. Each row is a run directory of its own, named in compare.csv, which \
geodyssey run repeats from its config.toml.";

impl Comparison {
    /// `compare.html`; `figures` has the figures of each group.
    ///
    /// # Errors
    /// Not one list of figures a group.
    pub fn to_html(&self, figures: &[Vec<PageFigure>]) -> Result<String, ReportError> {
        if figures.len() != self.groups.len() {
            return Err(ReportError::Length {
                place: "the figures of the comparison".to_owned(),
                expected: self.groups.len(),
                found: figures.len(),
            });
        }
        let mut body = String::from("<h1>Paths compared</h1>\n");
        for (group, figures) in self.groups.iter().zip(figures) {
            body.push_str(&section(group, figures)?);
        }
        body.push_str(&format!(
            "<h2>How to read this</h2>\n<p class=\"note\">{}</p>\n<p class=\"note\">{}</p>\n<p class=\"note\">geodyssey {}</p>\n",
            escaped(NOTES),
            escaped(&self.test),
            escaped(&self.version)
        ));
        Ok(format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>Paths compared</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
        ))
    }
}

fn section(group: &ComparisonGroup, figures: &[PageFigure]) -> Result<String, ReportError> {
    let mut text =
        format!("<h2>{}</h2>\n<p>{}</p>\n<ul>\n", escaped(&group.name), escaped(&group.description));
    for sentence in &group.words {
        text.push_str(&format!("<li>{}</li>\n", escaped(sentence)));
    }
    text.push_str("</ul>\n");
    for titled in group.tables()? {
        text.push_str(&format!("<h3>{}</h3>\n{}", escaped(titled.title), html_table(&titled.table)));
    }
    for (number, region) in group.regions.iter().enumerate() {
        text.push_str(&format!(
            "<p class=\"note\">Region {}: {}</p>\n",
            number + 1,
            escaped(&region.description)
        ));
    }
    for left_out in &group.left_out {
        let (name, reason) = (escaped(&left_out.name), escaped(&left_out.reason));
        text.push_str(&format!("<p class=\"note\">Left out: {name}: {reason}</p>\n"));
    }
    for figure in figures {
        let caption = escaped(&figure.caption);
        text.push_str(&format!("<figure>\n{}\n<figcaption>{caption}</figcaption>\n</figure>\n", figure.svg));
    }
    Ok(text)
}

fn html_table(table: &Table) -> String {
    let row = |tag: &str, cells: &[(bool, &str)]| {
        let cells: String = cells
            .iter()
            .map(|(number, cell)| {
                let class = if *number { " class=\"number\"" } else { "" };
                format!("<{tag}{class}>{}</{tag}>", escaped(cell))
            })
            .collect();
        format!("<tr>{cells}</tr>\n")
    };
    let rows: String = table.rows().map(|cells| row("td", &cells)).collect();
    format!("<div class=\"wide\"><table>\n{}{rows}</table></div>\n", row("th", &table.header()))
}

/// Text that HTML takes as text.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
