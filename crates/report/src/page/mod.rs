//! `report.html`: what a run found, on one page that needs nothing else.
//!
//! The page holds its own style, its program and, where there is a molecule, the viewer NGL; it loads nothing. Its text and
//! numbers come from [`crate::Summary`], its pictures are the figures of the run, and a part of the paths is in it so that they can be
//! played. It prints, and it works by keyboard.

mod content;
mod data;
mod markup;
mod numbers;
mod paths;
mod words;

pub use content::{PageFigure, RunPage};
pub use paths::{EMBEDDED_BYTES, PagePath, Selection, select_paths};

use crate::ReportError;
pub(crate) use markup::{escape, figure_markup};

const STYLE: &str = include_str!("../../assets/page/report.css");
const PROGRAM: &str = include_str!("../../assets/page/report.js");
const VIEWER: &str = include_str!("../../assets/page/viewer.js");
const NGL: &str = include_str!("../../assets/ngl/ngl.js");

/// Where the molecule is shown, with the legend of its copies.
const STAGE: &str = "<div class=\"stage\" id=\"stage\" role=\"img\" aria-label=\"The molecule in three dimensions, at the frame that the \
    slider shows\"></div>\n<p class=\"faint legend on-screen\"><label><input type=\"checkbox\" id=\"copies\" checked> thin copies:</label>\
    <span style=\"background:#0072b2\"></span>start<span style=\"background:#e69f00\"></span>highest energy\
    <span style=\"background:#aa4499\"></span>end</p>\n";
/// How the molecule is turned.
const HANDLING: &str = " Drag the molecule to rotate it; Ctrl and the wheel zoom, the right button moves it; on a touch screen, \
                        swipe sideways to rotate.";

/// The page as one HTML document.
///
/// # Errors
/// A path whose columns differ in length, or a figure that is no SVG document.
pub fn run_page(page: &RunPage<'_>) -> Result<String, ReportError> {
    let data = data::script(page)?;
    let marked = |figure: &&PageFigure<'_>| !figure.frames.is_empty() && !page.paths.is_empty();
    // What a path is marked in stands beside the molecule.
    let (beside, others): (Vec<_>, Vec<_>) = page.figures.iter().partition(marked);
    let mut body = String::new();
    body.push_str(&format!("<h1>{}</h1>\n", escape(page.title)));
    body.push_str(&words::opening(page.summary, page.states.as_ref()));
    body.push_str(&words::warnings_markup(page.summary));
    if !beside.is_empty() {
        body.push_str("<h2>Paths</h2>\n");
        body.push_str(&player(page, &beside)?);
    }
    if !others.is_empty() {
        body.push_str(&format!(
            "<h2>Figures</h2>\n<div class=\"figures\">\n{}</div>\n",
            figures_markup(others)?
        ));
    }
    body.push_str("<h2>Numbers</h2>\n");
    body.push_str(&numbers::table(page.summary));
    body.push_str(&numbers::windings(page.summary));
    body.push_str(&links(page));
    let program = if !beside.is_empty() {
        let viewer =
            page.structure.map_or_else(String::new, |_| format!("{}{}", script(NGL), script(VIEWER)));
        format!("{data}{viewer}{}", script(PROGRAM))
    } else {
        String::new()
    };
    Ok(format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; \
         script-src 'unsafe-inline'; connect-src blob: data:; worker-src blob:\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n{program}</body>\n</html>\n",
        escape(page.title)
    ))
}

/// A script as an element. A closing tag inside of it would end it, and a line that names a source map would load one.
fn script(text: &str) -> String {
    let text = text.replace("</script", "<\\/script");
    let lines = text.lines().filter(|line| !line.starts_with("//# sourceMappingURL="));
    let text: Vec<&str> = lines.collect();
    format!("<script>\n{}\n</script>\n", text.join("\n"))
}

fn player(page: &RunPage<'_>, figures: &[&PageFigure<'_>]) -> Result<String, ReportError> {
    let options: String =
        page.paths.iter().map(|path| format!("<option>{}</option>", escape(&path.short_label()))).collect();
    let viewer = page.structure.is_some();
    let frames = if page.stride > 1 {
        format!("every {} frame", ordinal(page.stride))
    } else {
        "every frame".to_owned()
    };
    let paths = if page.paths.len() < page.all_paths {
        format!("{} of the run's {} paths are in this page", page.paths.len(), page.all_paths)
    } else {
        format!("All {} paths are in this page", page.all_paths)
    };
    let meaning = if words::is_shooting(page.summary) {
        "Frames are equally spaced in the steps of a path, which was not driven."
    } else {
        "A frame is a position along the path, not a time: the molecule is driven, it does not wait for a fluctuation."
    };
    let drawn = figures_markup(figures.iter().copied())?;
    let (class, stage, handling) =
        if viewer { (" class=\"with-molecule\"", STAGE, HANDLING) } else { ("", "", "") };
    Ok(format!(
        "<section class=\"player\" id=\"player\" aria-label=\"Player of the paths\">\n<div{class}>\n<div \
         class=\"beside\">\n{stage}<div class=\"controls\"><button type=\"button\" id=\"play\" \
         aria-pressed=\"false\">Play</button><button type=\"button\" id=\"back\" aria-label=\"One frame back\">◀</button><button \
         type=\"button\" id=\"forward\" aria-label=\"One frame forward\">▶</button><label class=\"range\">frame <input \
         type=\"range\" id=\"frame\" min=\"0\" max=\"0\" value=\"0\"></label><label class=\"choice\">path <select \
         id=\"path\">{options}</select></label><label>speed <select id=\"speed\"><option value=\"5\">5 / s</option><option \
         value=\"15\" selected>15 / s</option><option value=\"40\">40 / s</option></select></label></div>\n<output \
         id=\"readout\"></output>\n</div>\n<div class=\"figures\">\n{drawn}</div>\n</div>\n<div class=\"notes\">\n<p class=\"faint \
         on-screen\">Keys, once the slider or the molecule has been clicked: <kbd>space</kbd> plays and pauses, <kbd>←</kbd> \
         <kbd>→</kbd> step one frame, <kbd>n</kbd> and <kbd>b</kbd> select the next and the previous path.{handling}</p>\n<p \
         class=\"faint\">{paths}, {frames}. {meaning}</p>\n</div>\n</section>\n"
    ))
}

fn ordinal(number: usize) -> String {
    match number {
        2 => "second".to_owned(),
        3 => "third".to_owned(),
        n => format!("{n}th"),
    }
}

fn figures_markup<'f>(figures: impl IntoIterator<Item = &'f PageFigure<'f>>) -> Result<String, ReportError> {
    let markup = |figure: &PageFigure<'_>| figure_markup(figure.name, figure.svg, &figure.caption);
    Ok(figures.into_iter().map(markup).collect::<Result<Vec<String>, _>>()?.concat())
}

fn links(page: &RunPage<'_>) -> String {
    if page.links.is_empty() {
        return String::new();
    }
    let item = |(file, content): &(String, String)| {
        format!("<li><a href=\"{0}\">{0}</a>: {1}</li>\n", escape(file), escape(content))
    };
    let items: String = page.links.iter().map(item).collect();
    format!("<h2>Files of this run</h2>\n<ul>\n{items}</ul>\n")
}
