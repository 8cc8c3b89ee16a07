//! `compare.html`: words, tables and figures in one file that needs nothing else.

use std::path::Path;

use super::{Comparison, ComparisonGroup};
use crate::lengths::check_length;
use crate::page::{escape, figure_markup};
use crate::{ReportError, Table};

/// One figure of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparisonFigure {
    /// What it shows, in a sentence.
    pub caption: String,
    /// SVG document.
    pub svg: String,
}

/// The look of all pages.
const STYLE: &str = include_str!("../../assets/page/report.css");

const NOTES: &str = "\
                     MaxEnergy is the highest energy of a path over every step, averaged over the forward paths; reached is the \
                     fraction of paths whose last frame lies within the other state, and without it a MaxEnergy means nothing. Rows \
                     that share a letter do not differ significantly. The lower bound is the bottleneck of the landscape between \
                     the centres of the two states; paths that arrive can lie only slightly below it, because they arrive at the \
                     edge of a state, the landscape has an error, and a maximum can be cut off between steps. A · marks baselines \
                     added by the comparison, with the sampling budget of the first path. Each row is a run directory of its own, \
                     which geodyssey run repeats from its config.toml; its name links to its report.html.";

impl Comparison {
    /// `compare.html`; `figures` has the figures of each group, `reports` where the page of each of its rows lies, relative to this
    /// one and as part of an address ([`relative_address`]).
    ///
    /// # Errors
    /// Not one list of figures and of reports per group, or not one report per row.
    pub fn to_html(
        &self,
        figures: &[Vec<ComparisonFigure>],
        reports: &[Vec<String>],
    ) -> Result<String, ReportError> {
        check_length("the figures of the comparison", self.groups.len(), figures.len())?;
        check_length("the reports of the comparison", self.groups.len(), reports.len())?;
        let mut body = String::from("<h1>Paths compared</h1>\n");
        for ((group, figures), reports) in self.groups.iter().zip(figures).zip(reports) {
            check_length("the reports of a group", group.rows.len(), reports.len())?;
            body.push_str(&section(group, figures, reports)?);
        }
        body.push_str(&format!(
            "<h2>How to read this</h2>\n<p class=\"note\">{}</p>\n<p class=\"note\">{}</p>\n<p class=\"note\">geodyssey {}</p>\n",
            escape(NOTES),
            escape(&self.test),
            escape(&self.version)
        ));
        Ok(format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n\
             <title>Paths compared</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
        ))
    }
}

/// The way from one folder to a file as part of an address, its unusual letters as `%..`; both paths are absolute.
#[must_use]
pub fn relative_address(from: &Path, to: &Path) -> String {
    let (from, to): (Vec<_>, Vec<_>) = (from.components().collect(), to.components().collect());
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from[shared..].iter().map(|_| "..".to_owned());
    let down = to[shared..].iter().map(|part| encoded(&part.as_os_str().to_string_lossy()));
    up.chain(down).collect::<Vec<String>>().join("/")
}

/// Letters, digits and `-._~` as they are, every other byte as `%` with two hexadecimal digits (RFC 3986, section 2).
fn encoded(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    let letter = |byte: u8| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(letter).collect()
}

fn section(
    group: &ComparisonGroup,
    figures: &[ComparisonFigure],
    reports: &[String],
) -> Result<String, ReportError> {
    let mut text = format!("<h2>{}</h2>\n<p>{}</p>\n<ul>\n", escape(&group.name), escape(&group.description));
    for sentence in &group.words {
        text.push_str(&format!("<li>{}</li>\n", escape(sentence)));
    }
    text.push_str("</ul>\n");
    for titled in group.tables()? {
        let table = html_table(&titled.table, reports);
        text.push_str(&format!("<h3>{}</h3>\n{table}", escape(titled.title)));
    }
    for (number, region) in group.regions.iter().enumerate() {
        text.push_str(&format!(
            "<p class=\"note\">Region {}: {}</p>\n",
            number + 1,
            escape(&region.description)
        ));
    }
    for left_out in &group.left_out {
        let (name, reason) = (escape(&left_out.name), escape(&left_out.reason));
        text.push_str(&format!("<p class=\"note\">Left out: {name}: {reason}</p>\n"));
    }
    text.push_str("<div class=\"figures\">\n");
    for figure in figures {
        text.push_str(&figure_markup("figure", &figure.svg, &figure.caption)?);
    }
    text.push_str("</div>\n");
    Ok(text)
}

/// A table whose rows are named by links to the pages of their runs.
fn html_table(table: &Table, reports: &[String]) -> String {
    let cell = |tag: &str, (number, cell): &(bool, &str)| {
        let class = if *number { " class=\"number\"" } else { "" };
        format!("<{tag}{class}>{}</{}>", escape(cell), tag.split(' ').next().unwrap_or(tag))
    };
    let head: String = table.header().iter().map(|header| cell("th scope=\"col\"", header)).collect();
    let rows: String = table
        .rows()
        .zip(reports)
        .map(|(cells, report)| {
            let (name, others) = cells.split_first().map_or(("", &[][..]), |(first, rest)| (first.1, rest));
            let others: String = others.iter().map(|other| cell("td", other)).collect();
            format!(
                "<tr><th scope=\"row\"><a href=\"{}\">{}</a></th>{others}</tr>\n",
                escape(report),
                escape(name)
            )
        })
        .collect();
    format!(
        "<div class=\"scroll wide\" tabindex=\"0\"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n"
    )
}
