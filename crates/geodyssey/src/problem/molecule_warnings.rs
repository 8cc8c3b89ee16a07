//! What must be known about a molecule and its states before anything is computed.

use geodyssey_molecule::MoleculeError;
use geodyssey_molecule::exchanged_labels::ExchangedLabels;
use geodyssey_report::{Warning, decimals};
use geodyssey_trajectory::renamed_in_pdb;

use super::definition::Problem;
use super::molecule::Molecule;

/// The stage that these warnings are about: the reading of the input.
const STAGE: &str = "system";
/// File of the run directory that maps the names of atoms to those in its PDB files.
pub(crate) const NAMES_FILE: &str = "topology-names.csv";
/// How many atoms, or groups of them, a warning names.
const NAMED: usize = 5;

/// Warnings about the molecule and its two states; none without a molecule.
///
/// # Errors
/// The states cannot be superposed.
pub(crate) fn molecule_warnings(problem: &Problem) -> Result<Vec<Warning>, MoleculeError> {
    let Some(molecule) = &problem.molecule else { return Ok(Vec::new()) };
    let mut messages: Vec<String> = renamed(molecule).into_iter().collect();
    if let Some([start, end]) = &molecule.structures {
        let atoms = molecule.aligned_atoms();
        let variables: Vec<&[usize]> = molecule.variables.iter().map(|variable| variable.atoms()).collect();
        let labels = ExchangedLabels::between(&molecule.topology, start, end, &atoms, &variables)?;
        messages.extend(exchanged(problem, molecule, &labels));
    }
    Ok(messages.into_iter().map(|message| Warning::new(STAGE, message)).collect())
}

/// Names that a PDB file cannot hold.
fn renamed(molecule: &Molecule) -> Option<String> {
    let renamed = renamed_in_pdb(&molecule.topology);
    let first = renamed.first()?;
    Some(format!(
        "{} atoms have a chain, residue or name that a PDB file cannot hold. PDB files of this run use others (`{}` as `{}`); \
         {NAMES_FILE} lists them all.",
        renamed.len(),
        first.name,
        first.written_as
    ))
}

/// Equivalent atoms whose labels are exchanged between the states.
fn exchanged(problem: &Problem, molecule: &Molecule, labels: &ExchangedLabels) -> Vec<String> {
    let heavy = |atom: &usize| molecule.topology.atoms()[*atom].element.is_heavy();
    let held = |atom: &usize| {
        let holds = |index: &usize| molecule.variables[*index].atoms().contains(atom);
        (0..molecule.variables.len()).find(holds)
    };
    // Hydrogens enter no distance: they matter where a variable holds them.
    let groups: Vec<&Vec<usize>> = (labels.prochiral.iter())
        .filter(|group| group.iter().any(|atom| heavy(atom) || held(atom).is_some()))
        .collect();
    let mut messages = Vec::new();
    let distances = format!(
        "RMSDs use the nearest labelling: {} Å between the states, {} Å with the names as given.",
        decimals(10.0 * labels.rmsd_nm, 2),
        decimals(10.0 * labels.as_labelled_rmsd_nm, 2)
    );
    if !groups.is_empty() {
        let names = groups.iter().map(|group| named(molecule, group, " and "));
        let mut message = format!(
            "Equivalent atoms have each other's names in the end structure: {}. No motion exchanges them without breaking bonds; \
             one of the files was labelled differently. {distances}",
            listed(names.collect())
        );
        let variable = groups.iter().flat_map(|group| group.iter()).find_map(held);
        if let Some(name) = variable.and_then(|index| problem.variables.get(index)) {
            message.push_str(&format!(
                " The variable `{}` contains one of them and measures a different angle in each state: exchange the names in one \
                 file.",
                name.name
            ));
        }
        messages.push(message);
    }
    if !labels.turned.is_empty() {
        let names = labels.turned.iter().map(|&atom| molecule.topology.label(atom)).collect();
        messages.push(format!(
            "Equivalent atoms are in each other's places in the two states: {}. {distances}",
            listed(names)
        ));
    }
    messages
}

fn named(molecule: &Molecule, atoms: &[usize], separator: &str) -> String {
    atoms.iter().map(|&atom| molecule.topology.label(atom)).collect::<Vec<_>>().join(separator)
}

fn listed(mut names: Vec<String>) -> String {
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    names.join(", ")
}
