//! Forces of OpenMM that are not supported: why, and what to do instead.

/// What to do about a restraint or a bias.
const LEAVE_OUT: &str =
    "create the System without it: Geodyssey itself restrains and drives the variables of the configuration";
const NO_BAROSTAT: &str = "create the System without a barostat";
const OTHER_FORCE_FIELD: &str = "use a force field without it, such as AMBER's (amber14/protein.ff14SB.xml, \
    amber19/protein.ff19SB.xml; GAFF for small molecules); if it is a restraint, create the System without it";

const THERMOSTAT: &str = "the temperature is set in the configuration";
const PRESSURE: &str = "there is no pressure without a periodic box";
const RESTRAINT: &str = "restraints and biases are not part of a molecule's own energy";
const FORMULA: &str =
    "custom forces with a formula are not supported; the CHARMM, OPLS and AMOEBA force fields contain them";
const POLARISABLE: &str = "polarisable force fields are not supported";

/// Force, why it is rejected, and what to do.
const REFUSED: &[(&str, &str, &str)] = &[
    ("AndersenThermostat", THERMOSTAT, "create the System without a thermostat"),
    ("MonteCarloBarostat", PRESSURE, NO_BAROSTAT),
    ("MonteCarloAnisotropicBarostat", PRESSURE, NO_BAROSTAT),
    ("MonteCarloFlexibleBarostat", PRESSURE, NO_BAROSTAT),
    ("MonteCarloMembraneBarostat", PRESSURE, NO_BAROSTAT),
    (
        "CustomGBForce",
        "the only implicit solvent supported is GBSAOBCForce",
        "to obtain OBC2 as one, create the System from an AMBER prmtop with the radii mbondi2 (in tleap `set default PBRadii mbondi2`) \
         by AmberPrmtopFile(FILE).createSystem(implicitSolvent=OBC2), without a salt concentration; \
         HCT, OBC1, GBn, GBn2, salt and the files implicit/*.xml always create a CustomGBForce",
    ),
    (
        "LCPOForce",
        "the LCPO surface energy is not supported",
        "create the System with sasaMethod='ACE', which is OpenMM's default, or with sasaMethod=None",
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

/// Why a force without a reader is rejected, and what to do about it.
pub(crate) fn reason_and_remedy(force: &str) -> (&'static str, &'static str) {
    let known = REFUSED.iter().find(|(name, ..)| *name == force);
    known.map_or(("this force is not supported", OTHER_FORCE_FIELD), |(_, reason, remedy)| (*reason, *remedy))
}
