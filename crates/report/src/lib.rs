//! What a person or a script reads of a run: summary, tables, plots and viewer scripts.
//!
//! Nothing is computed here that could be read; inputs are plain structs or the text of artifacts,
//! outputs are bytes and strings, and the caller writes the files.

mod columns;
mod comparison;
mod constraint_summary;
mod diagnosis;
mod distances;
mod error;
mod free_energy;
mod free_paths;
mod free_words;
mod landscape_summary;
mod lengths;
pub mod page;
pub mod plots;
mod states_summary;
mod states_warnings;
mod summary;
mod table;
mod timings;
mod viewer;
mod warning;
mod warnings;

pub use columns::NumericColumns;
pub use comparison::{
    COMPARISON_SCHEMA, ComparedRegion, Comparison, ComparisonFigure, ComparisonGroup, ComparisonRow,
    Difference, LeftOut, Measure, RowRegion, RowRole, RowSeconds, relative_address,
};
pub use constraint_summary::{ConstraintSummary, SampledConstraint};
pub use diagnosis::{
    Accuracy, DIAGNOSIS_SCHEMA, DeviationErrors, Diagnosis, Finding, HistogramDistance, LevelErrors,
    Population, RidgeDiagnosis, RidgeLevel, SamplingDiagnosis,
};
pub use distances::{Configuration, Distances, Embedding, PairDistance};
pub use error::ReportError;
pub use free_energy::{FreeEnergyDifference, FreeEnergySummary};
pub use free_paths::{
    ChannelSummary, CommittorCoordinate, CommittorSummary, FreePathsSummary, LedAgainstFree, MoveSummary,
    RateDirectionSummary, RateSummary, SlowestCoordinate,
};
pub use free_words::{committor_words, free_paths_words, rate_words};
pub use landscape_summary::{LandscapeSummary, MetadynamicsSummary, SamplesSummary};
pub use states_summary::{StateSummary, StructureMatch};
pub use summary::{
    DeltaFSource, DenoiserSummary, DirectionalWork, FailedPath, FileSummary, GeodesicSummary, MaxEnergy,
    MaxEnergySummary, RmsdSummary, SUMMARY_SCHEMA, SamplingSummary, ShootingSummary, Summary, SystemSummary,
    TransitionSummary, VariableSummary, WindingSummary, WorkSummary,
};
pub use table::{Column, Table, decimals, grouped, with_error};
pub use timings::{StageTiming, Timings};
pub use viewer::{ViewedPath, ViewerScene, pymol_script, vmd_script};
pub use warning::Warning;
