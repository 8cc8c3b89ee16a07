//! Forces of OpenMM that are not computed here: why, and what to do instead.

/// What to do about a restraint or a bias.
const LEAVE_OUT: &str =
    "make the System without it: Geodyssey holds and moves the variables of the configuration by itself";
const NO_BAROSTAT: &str = "make the System without a barostat";
const OTHER_FORCE_FIELD: &str = "take a force field without it, such as AMBER's (amber14/protein.ff14SB.xml, \
    amber19/protein.ff19SB.xml; GAFF for small molecules); if it is a restraint, make the System without it";

const THERMOSTAT: &str = "the temperature is set in the configuration";
const PRESSURE: &str = "there is no pressure without a periodic box";
const RESTRAINT: &str = "restraints and biases are no part of a molecule's own energy";
const FORMULA: &str = "forces with a formula of their own are not computed; CHARMM's, OPLS's and AMOEBA's force fields have them";
const POLARISABLE: &str = "polarisable force fields are not supported";

/// Force, why it is refused, what to do.
const REFUSED: &[(&str, &str, &str)] = &[
    ("AndersenThermostat", THERMOSTAT, "make the System without a thermostat"),
    ("MonteCarloBarostat", PRESSURE, NO_BAROSTAT),
    ("MonteCarloAnisotropicBarostat", PRESSURE, NO_BAROSTAT),
    ("MonteCarloFlexibleBarostat", PRESSURE, NO_BAROSTAT),
    ("MonteCarloMembraneBarostat", PRESSURE, NO_BAROSTAT),
    (
        "CustomGBForce",
        "of implicit solvents only GBSAOBCForce is computed",
        "OBC2 becomes one by way of an AMBER prmtop: give it the radii mbondi2 (in tleap `set default PBRadii mbondi2`) and \
         use AmberPrmtopFile(FILE).createSystem(implicitSolvent=OBC2) without a salt concentration; \
         HCT, OBC1, GBn, GBn2, salt and the files implicit/*.xml always make a CustomGBForce",
    ),
    (
        "LCPOForce",
        "the surface energy by LCPO is not computed",
        "make the System with sasaMethod='ACE', which is OpenMM's default, or with sasaMethod=None",
    ),
    ("AmoebaMultipoleForce", POLARISABLE, OTHER_FORCE_FIELD),
    ("AmoebaVdwForce", POLARISABLE, OTHER_FORCE_FIELD),
    ("DrudeForce", POLARISABLE, OTHER_FORCE_FIELD),
    ("CustomExternalForce", RESTRAINT, LEAVE_OUT),
    ("CustomCVForce", RESTRAINT, LEAVE_OUT),
    ("CustomCentroidBondForce", RESTRAINT, LEAVE_OUT),
    ("CustomVolumeForce", RESTRAINT, LEAVE_OUT),
    ("OrientationRestraintForce", RESTRAINT, LEAVE_OUT),
    ("RGForce", RESTRAINT, LEAVE_OUT),
    ("RMSDForce", RESTRAINT, LEAVE_OUT),
    ("CustomAngleForce", FORMULA, OTHER_FORCE_FIELD),
    ("CustomBondForce", FORMULA, OTHER_FORCE_FIELD),
    ("CustomCompoundBondForce", FORMULA, OTHER_FORCE_FIELD),
    ("CustomHbondForce", FORMULA, OTHER_FORCE_FIELD),
    ("CustomManyParticleForce", FORMULA, OTHER_FORCE_FIELD),
    ("CustomNonbondedForce", FORMULA, OTHER_FORCE_FIELD),
    ("CustomTorsionForce", FORMULA, OTHER_FORCE_FIELD),
];

/// Why a force that has no reader is refused, and what to do about it.
pub(crate) fn reason_and_remedy(force: &str) -> (&'static str, &'static str) {
    let known = REFUSED.iter().find(|(name, ..)| *name == force);
    known.map_or(("this force is not computed", OTHER_FORCE_FIELD), |(_, reason, remedy)| (*reason, *remedy))
}
