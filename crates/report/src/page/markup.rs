//! Text and figures as HTML.

use crate::ReportError;

/// Text with the characters that HTML gives a meaning of their own replaced, in content and in attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A number's text with a true minus sign.
pub(super) fn minus(text: &str) -> String {
    text.replace('-', "−")
}

/// A figure with its caption; the page draws all figures to one scale, so that their text is of one size.
///
/// # Errors
/// The figure is no SVG document.
pub(crate) fn figure_markup(name: &str, svg: &str, caption: &str) -> Result<String, ReportError> {
    let document = svg.find("<svg ").map(|start| &svg[start..]);
    let svg =
        document.ok_or_else(|| ReportError::Drawing(format!("the figure {name} is no SVG document")))?;
    let caption = escape(caption);
    Ok(format!(
        "<figure style=\"--page-width:{}\">\n<div data-figure=\"{}\"><div class=\"drawing\" role=\"img\" \
         aria-label=\"{caption}\">\n{svg}</div></div>\n<figcaption>{caption}</figcaption>\n</figure>\n",
        width_of(svg),
        escape(name),
    ))
}

/// Width of a figure in its own pixels, from the head of its SVG document; that of most figures where it says none.
fn width_of(svg: &str) -> u32 {
    let digits = svg.split("width=\"").nth(1).and_then(|rest| rest.split(['"', '.']).next());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(1640)
}
