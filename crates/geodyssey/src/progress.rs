//! How far a stage has come: a bar with the time left on a terminal, plain lines otherwise. All of it on standard error.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::terminal::say;

/// Between two plain lines of one stage.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

/// The progress of one stage.
pub(crate) struct Progress {
    name: String,
    total: u64,
    bar: Option<ProgressBar>,
    /// When the first block of this process was done, and how many were done then: what came before is no measure of its speed, be it
    /// another process's work or the preparation of the first block.
    first: Option<(Instant, u64)>,
    last_line: Instant,
}

impl Progress {
    /// A stage of `total` blocks of which `done` were finished by an earlier run.
    pub(crate) fn start(name: &str, total: u64, done: u64) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(total);
            let style = ProgressStyle::with_template(
                "{prefix:>12} {bar:40} {pos}/{len}  {elapsed} elapsed, {eta} left  {msg}",
            )
            .unwrap_or_else(|_| ProgressStyle::default_bar());
            bar.set_style(style);
            bar.set_prefix(name.to_owned());
            bar.set_position(done);
            bar.reset_eta();
            bar
        });
        if bar.is_none() {
            say!("{name}: {done} of {total} done");
        }
        Self { name: name.to_owned(), total, bar, first: None, last_line: Instant::now() }
    }

    /// There is more to do than was known.
    pub(crate) fn set_total(&mut self, total: u64) {
        self.total = total;
        if let Some(bar) = &self.bar {
            bar.set_length(total);
        }
    }

    /// `done` blocks are finished; `message` says something about them.
    pub(crate) fn set(&mut self, done: u64, message: &str) {
        let (begun, before) = *self.first.get_or_insert_with(|| (Instant::now(), done));
        if let Some(bar) = &self.bar {
            bar.set_position(done);
            bar.set_message(message.to_owned());
        } else if done < self.total && self.last_line.elapsed() > LINE_INTERVAL {
            self.last_line = Instant::now();
            let since = done.saturating_sub(before);
            let left = (since > 0)
                .then(|| begun.elapsed().as_secs_f64() / since as f64 * (self.total - done) as f64)
                .map_or_else(String::new, |left| format!(", about {left:.0} s left"));
            say!("{}: {done} of {}{left}  {message}", self.name, self.total);
        }
    }

    /// The stage is done; the bar is replaced by a line that stays.
    pub(crate) fn finish(self, message: &str) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        say!("{}: {message}", self.name);
    }
}

/// A stage whose end cannot be predicted: a spinner on a terminal, one plain line otherwise.
pub(crate) struct Activity {
    name: String,
    bar: ProgressBar,
}

impl Activity {
    /// Starts it, with what is being done.
    pub(crate) fn start(name: &str, message: &str) -> Self {
        let bar = if std::io::stderr().is_terminal() {
            let bar = ProgressBar::new_spinner();
            bar.set_prefix(name.to_owned());
            if let Ok(style) = ProgressStyle::with_template("{prefix:>12} {spinner} {elapsed} elapsed  {msg}")
            {
                bar.set_style(style);
            }
            bar.set_message(message.to_owned());
            bar
        } else {
            say!("{name}: {message}");
            ProgressBar::hidden()
        };
        Self { name: name.to_owned(), bar }
    }

    /// Something happened; may be called from any thread.
    pub(crate) fn tick(&self, message: impl FnOnce() -> String) {
        if !self.bar.is_hidden() {
            self.bar.set_message(message());
            self.bar.tick();
        }
    }

    /// Replaces the spinner by a line that stays.
    pub(crate) fn finish(self, message: &str) {
        self.bar.finish_and_clear();
        say!("{}: {message}", self.name);
    }
}
