//! Files that cannot be used: the error names the force, the place and what to do.

use geodyssey_forcefield::{ForceFieldError, read_force_model};

const VACUUM: &str = include_str!("../../../../systems/alanine-dipeptide/amber99sb-ildn.vacuum.xml");
const OBC: &str = include_str!("../../../../systems/alanine-dipeptide/amber99sb-ildn.obc.xml");
const CMAP: &str = include_str!("../reference/ace-pro-ser-nme.ff19sb.xml");

/// Reads `text` after replacing the first `old` by `new`.
fn read_changed(text: &str, old: &str, new: &str) -> ForceFieldError {
    assert!(text.contains(old), "the file does not contain {old}");
    match read_force_model(&text.replacen(old, new, 1)) {
        Ok(_) => panic!("{old} -> {new}: read without an error"),
        Err(error) => error,
    }
}

/// Line of the first `text` in the file, from 1.
fn line_of(file: &str, text: &str) -> usize {
    file[..file.find(text).unwrap()].matches('\n').count() + 1
}

#[test]
fn whole_files_are_read() {
    let force_model = read_force_model(OBC).unwrap();
    assert_eq!(force_model.atoms(), 22);
    assert_eq!(force_model.masses[1], 12.01078);
    assert_eq!(force_model.ignored, ["CMMotionRemover"]);
    let names: Vec<_> = force_model.force_field().terms().iter().map(|term| term.name()).collect();
    let expected =
        ["HarmonicBondForce", "HarmonicAngleForce", "PeriodicTorsionForce", "NonbondedForce", "GBSAOBCForce"];
    assert_eq!(names, expected);
}

#[test]
fn several_forces_of_one_type_become_one_term() {
    let bonds = "<Force type=\"HarmonicBondForce\" usesPeriodic=\"0\" version=\"2\"><Bonds><Bond d=\"1\" k=\"2\" p1=\"0\" p2=\"1\"/></Bonds></Force>";
    let force_model = read_force_model(&VACUUM.replacen("<Forces>", &format!("<Forces>{bonds}"), 1)).unwrap();
    assert_eq!(force_model.force_field().terms().len(), 4);
}

#[test]
fn senseless_entries_are_named_with_their_place() {
    let bond = "<Bond d=\".109\" k=\"284512\" p1=\"0\" p2=\"1\"/>";
    let particle = "<Particle eps=\".0656888\" q=\".1123\" sig=\".264953278775\"/>";
    for (file, old, new, force, element, words) in [
        (
            VACUUM,
            bond,
            "<Bond d=\"nan\" k=\"284512\" p1=\"0\" p2=\"1\"/>",
            "HarmonicBondForce",
            "Bond",
            "d=\"nan\"",
        ),
        (VACUUM, bond, "<Bond d=\".1\" k=\"x\" p1=\"0\" p2=\"1\"/>", "HarmonicBondForce", "Bond", "k=\"x\""),
        (
            VACUUM,
            bond,
            "<Bond d=\".1\" p1=\"0\" p2=\"1\"/>",
            "HarmonicBondForce",
            "Bond",
            "attribute k is missing",
        ),
        (VACUUM, bond, "<Bond d=\".1\" k=\"1\" p1=\"0\" p2=\"22\"/>", "HarmonicBondForce", "Bond", "0 to 21"),
        (VACUUM, bond, "<Bond d=\".1\" k=\"1\" p1=\"3\" p2=\"3\"/>", "HarmonicBondForce", "Bond", "twice"),
        (
            VACUUM,
            bond,
            "<Bond d=\".1\" k=\"1\" p1=\"-1\" p2=\"3\"/>",
            "HarmonicBondForce",
            "Bond",
            "whole number",
        ),
        (
            VACUUM,
            "periodicity=\"2\"",
            "periodicity=\"0\"",
            "PeriodicTorsionForce",
            "Torsion",
            "periodicity=0",
        ),
        (
            VACUUM,
            particle,
            "<Particle eps=\"inf\" q=\".1123\" sig=\".3\"/>",
            "NonbondedForce",
            "Particle",
            "eps",
        ),
        (
            VACUUM,
            particle,
            "<Particle eps=\"1\" q=\"NaN\" sig=\".3\"/>",
            "NonbondedForce",
            "Particle",
            "q=\"NaN\"",
        ),
        (
            VACUUM,
            particle,
            "<Particle eps=\"1\" q=\"0\" sig=\"-.3\"/>",
            "NonbondedForce",
            "Particle",
            "negative",
        ),
        (VACUUM, particle, "", "NonbondedForce", "Particles", "there are 21 particles"),
        (VACUUM, "<Bond d=\".109\"", "<Bond d=\"-.109\"", "HarmonicBondForce", "Bond", "negative"),
        (OBC, "r=\".125\"", "r=\".005\"", "GBSAOBCForce", "Particle", "must exceed"),
        (OBC, "solventDielectric=\"78.3\"", "solventDielectric=\"0\"", "GBSAOBCForce", "Force", "dielectric"),
        (CMAP, "<Map size=\"24\">", "<Map size=\"23\">", "CMAPTorsionForce", "Map", "576 energies"),
        (CMAP, "map=\"0\"", "map=\"7\"", "CMAPTorsionForce", "Torsion", "map=7"),
        (
            VACUUM,
            "<Particle mass=\"12.01078\"/>",
            "<Particle mass=\"heavy\"/>",
            "System",
            "Particle",
            "heavy",
        ),
    ] {
        let error = read_changed(file, old, new);
        match &error {
            ForceFieldError::Invalid { force: f, line, element: e, .. } => {
                assert_eq!((f.as_str(), e.as_str()), (force, element), "{error}");
                if element != "Particles" {
                    assert_eq!(*line, line_of(file, old), "{error}");
                }
                assert!(error.to_string().contains(words), "{error}");
            }
            _ => panic!("{old} -> {new}: {error}"),
        }
    }
}

#[test]
fn what_is_not_computed_is_refused_with_advice() {
    for (old, new, force, words) in [
        (
            "<Constraints/>",
            "<Constraints><Constraint d=\".1\" p1=\"0\" p2=\"1\"/></Constraints>",
            "System",
            "constraints=None",
        ),
        (
            "method=\"0\" name=\"NonbondedForce\"",
            "method=\"4\" name=\"NonbondedForce\"",
            "NonbondedForce",
            "NoCutoff",
        ),
        ("usesPeriodic=\"0\"", "usesPeriodic=\"1\"", "HarmonicBondForce", "periodic"),
        ("type=\"System\" version=\"1\"", "type=\"System\" version=\"2\"", "System", "version is 2"),
        (
            "type=\"HarmonicBondForce\" usesPeriodic=\"0\" version=\"2\"",
            "type=\"HarmonicBondForce\" usesPeriodic=\"0\" version=\"3\"",
            "HarmonicBondForce",
            "version is 3",
        ),
        ("<Particle mass=\"1.007947\"/>", "<Particle mass=\"0\"/>", "System", "mass"),
        (
            "<Particle mass=\"1.007947\"/>",
            "<Particle mass=\"0\"><OutOfPlaneSite/></Particle>",
            "System",
            "virtual site",
        ),
        ("<Forces>", "<Forces><Force type=\"MonteCarloBarostat\"/>", "MonteCarloBarostat", "barostat"),
        ("<Forces>", "<Forces><Force type=\"CustomGBForce\"/>", "CustomGBForce", "GBSAOBCForce"),
        ("<Forces>", "<Forces><Force type=\"AndersenThermostat\"/>", "AndersenThermostat", "thermostat"),
        (
            "<Forces>",
            "<Forces><Force type=\"CustomBondForce\"/>",
            "CustomBondForce",
            "force field without it",
        ),
    ] {
        let error = read_changed(VACUUM, old, new);
        match &error {
            ForceFieldError::Unsupported { force: f, line, .. } => {
                assert_eq!(f, force, "{error}");
                assert_eq!(*line, line_of(VACUUM, old), "{error}");
                assert!(error.to_string().contains(words), "{error}");
            }
            _ => panic!("{old} -> {new}: {error}"),
        }
    }
    let force = &VACUUM[VACUUM.find("<Force alpha").unwrap()..];
    let force = &force[..force.find("</Force>").unwrap() + "</Force>".len()];
    let error = read_changed(VACUUM, force, &format!("{force}{force}"));
    assert!(error.to_string().contains("more than one NonbondedForce"), "{error}");
}

#[test]
fn broken_xml_and_other_files_are_told_apart() {
    for end in (1..VACUUM.trim_end().len()).step_by(301) {
        let error = read_force_model(&VACUUM[..end]).err().expect("a truncated file");
        assert!(matches!(error, ForceFieldError::Xml { .. }), "{end}: {error}");
    }
    let error = read_changed(VACUUM, "</Bonds>", "</Bands>");
    assert!(
        matches!(error, ForceFieldError::Xml { line, .. } if line == line_of(VACUUM, "</Bonds>")),
        "{error}"
    );
    let error = read_force_model("<ForceField/>").err().unwrap();
    assert_eq!(error, ForceFieldError::NotASystem { line: 1, found: "ForceField".into() });
    assert!(read_force_model("").is_err());
    assert!(read_force_model("ATOM      1  N   ALA A   1").is_err());
    assert!(read_force_model("<System><Particles/><Forces/></System>").is_err());
    assert!(
        read_force_model("<System><Particles><Particle mass=\"1\"/></Particles><Forces/></System>").is_err()
    );
}
