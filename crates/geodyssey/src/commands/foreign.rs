//! `read-foreign-file PATH all|first`, hidden: started by the program itself to read formats whose reader may crash the process.

use crate::cli::ForeignArguments;
use crate::error::Error;

/// Carries the command out.
pub(crate) fn serve(arguments: &ForeignArguments) -> Result<(), Error> {
    let first = arguments.frames == "first";
    geodyssey_trajectory::foreign::serve(&arguments.path, first, std::io::stdout().lock())
        .map_err(|error| Error::failed("passing frames on", error))
}
