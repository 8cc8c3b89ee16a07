//! Molecules that come in unusual forms: each is what it is, or is refused with the atoms that disagree.

use std::fs;
use std::path::{Path, PathBuf};

use geodyssey_tests::{Outcome, python, repository, run};
use serde_json::Value;

fn case(name: &str) -> String {
    repository().join("tests/cases").join(name).to_string_lossy().into_owned()
}

const ALANINE: &str = "systems/alanine-dipeptide/amber99sb-ildn.vacuum.xml";

fn energy(system: &str, topology: &str, more: &[&str]) -> Outcome {
    run(["energy", "--system", system, "--topology", topology, "--json"].iter().chain(more))
}

#[track_caller]
fn potential_energy(system: &str, topology: &str) -> f64 {
    let json = energy(system, topology, &[]).exits_with(0).json();
    json["frames"][0]["potential_energy_kj_mol"].as_f64().expect("a number")
}

#[test]
fn energies_of_unusual_files_are_openmms() {
    // OpenMM 8.6.1, Reference platform, of the same XML and coordinates.
    for (system, topology, expected) in [
        (ALANINE.to_owned(), case("charmm-alanine-dipeptide/topology.pdb"), -88.443_526_674_518_34),
        (case("gaff-chlorophenol/system.xml"), case("gaff-chlorophenol/a.mol2"), -26.779_342_056_809_256),
        (case("exchanged-methyls/system.xml"), case("amber-typed-valine/c5.mol2"), -177.717_595_565_940_43),
        (
            case("numbering-that-restarts/system.xml"),
            case("numbering-that-restarts/a.gro"),
            -177.684_048_565_478_32,
        ),
        (case("insertion-codes/system.xml"), case("insertion-codes/topology.pdb"), -35.167_393_099_763_04),
        (
            case("silanol-without-elements/system.xml"),
            case("silanol-without-elements/a.pdb"),
            0.139_698_600_630_013_38,
        ),
        (case("linear-angle/system.xml"), case("linear-angle/linear.pdb"), 37.744_624_315_640_27),
    ] {
        let found = potential_energy(&system, &topology);
        assert!(
            (found - expected).abs() < 1e-6 * expected.abs().max(1.0),
            "{topology}: {found} against {expected}"
        );
    }
}

/// Configuration of a molecule in a folder of its own.
struct Inputs {
    folder: tempfile::TempDir,
}

impl Inputs {
    fn new(system: &str, topology: &str, states: [&str; 2], torsions: &[[&str; 4]]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut text = format!(
            "[system]\ntopology = \"{topology}\"\nforce_field = \"{system}\"\ntemperature = 300.0\n\
             [states.start]\nstructure = \"{}\"\n[states.end]\nstructure = \"{}\"\n\
             [landscape]\nmethod = \"relaxed-scan\"\ngrid_points = 12\n[sampling]\npaths = 2\n",
            states[0], states[1]
        );
        for (index, torsion) in torsions.iter().enumerate() {
            text.push_str(&format!("[[variable]]\nname = \"t{index}\"\ntorsion = {torsion:?}\n"));
        }
        fs::write(folder.path().join("run.toml"), text).expect("written");
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn check(&self) -> Outcome {
        run(["check", self.path("run.toml").to_str().expect("a path"), "--json"])
    }

    #[track_caller]
    fn facts(&self) -> Value {
        self.check().exits_with(0).json()
    }
}

const PHI: [&str; 4] = ["ACE 1 C", "ALA 2 N", "ALA 2 CA", "ALA 2 C"];

fn alanine(name: &str) -> String {
    repository().join("systems/alanine-dipeptide").join(name).to_string_lossy().into_owned()
}

/// Alanine dipeptide with its methyl carbon first, as another program might order it.
fn reordered(folder: &Path, name: &str) -> String {
    let text = fs::read_to_string(alanine(name)).expect("a structure");
    let mut lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("CONECT")).collect();
    let first =
        lines.iter().position(|line| line.starts_with("HETATM") || line.starts_with("ATOM")).expect("atoms");
    lines.swap(first, first + 1);
    let path = folder.join(name);
    fs::write(&path, lines.join("\n") + "\n").expect("written");
    path.to_string_lossy().into_owned()
}

#[test]
fn an_order_of_atoms_that_is_not_the_force_fields_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let topology = reordered(folder.path(), "topology.pdb");
    let expected =
        ["atom 0 (ACE 1 CH3) is C by columns 77–78 but H by its mass in the force field, 1.008 amu"];
    energy(ALANINE, &topology, &[]).exits_with(2).complains_of(&expected);
    // The same of names alone.
    let gro = "CO2 as three carbons and oxygens\n    3\n    1CO2     O1    1   0.000   0.000   0.000\n    \
               1CO2     O2    2   0.116   0.000   0.000\n    1CO2      C    3   0.232   0.000   0.000\n   0 0 0\n";
    let path = folder.path().join("carbon-dioxide.gro");
    fs::write(&path, gro).expect("written");
    let xml = "<System type=\"System\" version=\"1\"><Particles><Particle mass=\"15.999\"/><Particle mass=\"12.011\"/>\
               <Particle mass=\"15.999\"/></Particles><Constraints/><Forces><Force type=\"HarmonicBondForce\" version=\"2\">\
               <Bonds><Bond d=\".116\" k=\"1000\" p1=\"0\" p2=\"1\"/><Bond d=\".116\" k=\"1000\" p1=\"1\" p2=\"2\"/></Bonds>\
               </Force></Forces></System>";
    let system = folder.path().join("system.xml");
    fs::write(&system, xml).expect("written");
    energy(system.to_str().expect("a path"), path.to_str().expect("a path"), &[])
        .exits_with(2)
        .complains_of(&["atom 1 (CO2 1 O2) is O by its name O2 but C by its mass"]);
}

#[test]
fn bonds_that_are_not_the_force_fields_are_refused() {
    // Hydrogens of two methyl groups have one mass: only bonds tell them apart.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = fs::read_to_string(alanine("topology.pdb")).expect("a structure");
    let mut lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("CONECT")).collect();
    let place = |name: &str| lines.iter().position(|line| line.contains(name)).expect("an atom");
    let (a, b) = (place(" H1  ACE"), place(" HB1 ALA"));
    lines.swap(a, b);
    let path = folder.path().join("swapped.pdb");
    fs::write(&path, lines.join("\n") + "\n").expect("written");
    energy(ALANINE, path.to_str().expect("a path"), &[]).exits_with(2).complains_of(&[
        "the force field bonds ALA 2 HB1 and ACE 1 CH3 (atoms 0 and 1), which lie",
        "the same order",
    ]);
    // A bond that the file states and the force field has not.
    let text = fs::read_to_string(alanine("topology.pdb")).expect("a structure");
    let path = folder.path().join("bonded.pdb");
    fs::write(&path, text.replace("END", "CONECT    1   12\nEND")).expect("written");
    energy(ALANINE, path.to_str().expect("a path"), &[]).exits_with(2).complains_of(&[
        "the topology bonds ACE 1 H1 and ALA 2 HB1 (atoms 0 and 11), the force field does not",
    ]);
}

#[test]
fn repartitioned_masses_are_no_other_order() {
    // What OpenMM's hydrogenMass = 3 makes: every hydrogen gains at the cost of its partner.
    let text = fs::read_to_string(repository().join(ALANINE)).expect("a System");
    let structure = fs::read_to_string(alanine("topology.pdb")).expect("a structure");
    let heavy: Vec<bool> = (structure.lines())
        .filter(|line| line.starts_with("ATOM") || line.starts_with("HETATM"))
        .map(|line| line[76..78].trim() != "H")
        .collect();
    // Alanine dipeptide's hydrogens follow or precede their partners.
    let partner = [1, 1, 1, 1, 4, 5, 6, 6, 8, 8, 10, 10, 10, 10, 14, 15, 16, 16, 18, 18, 18, 18];
    let standard =
        |atom: usize| if heavy[atom] { [12.011, 14.007, 15.999][kind(&structure, atom)] } else { 1.008 };
    let mut masses: Vec<f64> = (0..22).map(standard).collect();
    for atom in (0..22).filter(|&atom| !heavy[atom]) {
        masses[partner[atom]] -= 3.0 - 1.008;
        masses[atom] = 3.0;
    }
    let heavy_hydrogens = |masses: &[f64]| {
        let (head, rest) = text.split_once("<Particles>").expect("particles");
        let (_, tail) = rest.split_once("</Particles>").expect("particles");
        let particles: String = masses.iter().map(|mass| format!("<Particle mass=\"{mass}\"/>")).collect();
        format!("{head}<Particles>{particles}</Particles>{tail}")
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let system = folder.path().join("heavy.xml");
    fs::write(&system, heavy_hydrogens(&masses)).expect("written");
    let found = potential_energy(system.to_str().expect("a path"), &alanine("topology.pdb"));
    assert!((found - -88.443_526_674_518_34).abs() < 1e-6, "{found}");
    // A nitrogen in the place of the alpha carbon has lost no hydrogen's mass to anybody.
    masses[8] = 12.015;
    fs::write(&system, heavy_hydrogens(&masses)).expect("written");
    energy(system.to_str().expect("a path"), &alanine("topology.pdb"), &[]).exits_with(0);
    masses[8] = 8.027;
    fs::write(&system, heavy_hydrogens(&masses)).expect("written");
    energy(system.to_str().expect("a path"), &alanine("topology.pdb"), &[]).exits_with(2).complains_of(&[
        "atom 8 (ALA 2 CA) is C in the topology, but its mass in the force field is 8.027 amu",
    ]);
}

/// 0, 1, 2 for carbon, nitrogen, oxygen.
fn kind(structure: &str, atom: usize) -> usize {
    let lines: Vec<&str> =
        structure.lines().filter(|line| line.starts_with("ATOM") || line.starts_with("HETATM")).collect();
    ["C", "N", "O"].iter().position(|symbol| lines[atom][76..78].trim() == *symbol).unwrap_or(0)
}

#[test]
fn charmm_names_and_their_ion_like_carbon() {
    let file = |name: &str| case(&format!("charmm-alanine-dipeptide/{name}.pdb"));
    let system = repository().join(ALANINE).to_string_lossy().into_owned();
    let phi = ["ALAD 1 CLP", "ALAD 1 NL", "ALAD 1 CA", "ALAD 1 CRP"];
    let inputs = Inputs::new(&system, &file("topology"), [&file("c5"), &file("c7ax")], &[phi]);
    let facts = inputs.facts();
    assert_eq!(facts["heavy_atoms"], 10);
}

#[test]
fn numbers_that_restart_and_insertion_codes_are_residues_of_their_own() {
    let system = case("numbering-that-restarts/system.xml");
    let (a, b) = (case("numbering-that-restarts/a.gro"), case("numbering-that-restarts/b.gro"));
    Inputs::new(&system, &a, [&a, &b], &[PHI]).check().exits_with(0);
    let system = case("insertion-codes/system.xml");
    let file = |name: &str| case(&format!("insertion-codes/{name}.pdb"));
    let phi = ["ALA 52 C", "ALA 52A N", "ALA 52A CA", "ALA 52A C"];
    Inputs::new(&system, &file("topology"), [&file("turn"), &file("c7ax")], &[phi]).check().exits_with(0);
    let typo = ["ALA 52 C", "ALA 52C N", "ALA 52A CA", "ALA 52A C"];
    Inputs::new(&system, &file("topology"), [&file("turn"), &file("c7ax")], &[typo])
        .check()
        .exits_with(2)
        .complains_of(&["no atom is `ALA 52C N`", "nearest: `ALA 52"]);
}

#[test]
fn triple_bonds_have_no_side_and_zero_torsions_no_forces() {
    let system = case("linear-angle/system.xml");
    let file = |name: &str| case(&format!("linear-angle/{name}.pdb"));
    let torsion = ["PGA 1 C2", "PGA 1 C1", "PGA 1 O1", "PGA 1 HO1"];
    Inputs::new(&system, &file("linear"), [&file("anti"), &file("gauche")], &[torsion]).check().exits_with(0);
    // Forces are those of finite differences (OpenMM 8.6.1 itself gives NaN here).
    let json = energy(&system, &file("linear"), &["--forces"]).exits_with(0).json();
    let forces = json["frames"][0]["forces_kj_mol_nm"].as_array().expect("forces");
    let force: Vec<f64> =
        forces.iter().flat_map(|f| f.as_array().expect("xyz")).filter_map(Value::as_f64).collect();
    assert_eq!(force.len(), 24);
    assert!(force.iter().all(|x| x.is_finite()), "{force:?}");
    // The same torsions with a constant are undefined on the line.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = fs::read_to_string(&system).expect("a System");
    let real = folder.path().join("system.xml");
    fs::write(
        &real,
        text.replace(
            "k=\"0\" p1=\"0\" p2=\"1\" p3=\"2\" p4=\"3\"",
            "k=\"2\" p1=\"0\" p2=\"1\" p3=\"2\" p4=\"3\"",
        ),
    )
    .expect("written");
    let real = real.to_str().expect("a path");
    let words = ["PGA 1 C1, PGA 1 C2, PGA 1 C3, PGA 1 H3", "are collinear", "PeriodicTorsionForce"];
    energy(real, &file("linear"), &[]).exits_with(2).complains_of(&words);
    Inputs::new(real, &file("linear"), [&file("linear"), &file("gauche")], &[torsion])
        .check()
        .exits_with(2)
        .complains_of(&words);
}

#[test]
fn trans_proline_is_called_trans() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str| case(&format!("proline/{name}.pdb"));
    // Any force field with these bonds: the states are compared before energies matter.
    let Some(python) = python() else { return };
    let made = std::process::Command::new(python)
        .args([
            "scripts/parameterize.py",
            "--pdb",
            &file("topology"),
            "--system",
            "vacuum=amber99sbildn.xml",
            "--out",
        ])
        .arg(folder.path())
        .current_dir(repository())
        .output()
        .expect("Python starts");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let system = folder.path().join("vacuum.xml").to_string_lossy().into_owned();
    let psi = ["PRO 2 N", "PRO 2 CA", "PRO 2 C", "NME 3 N"];
    Inputs::new(&system, &file("topology"), [&file("trans"), &file("cis")], &[psi])
        .check()
        .exits_with(2)
        .complains_of(&["is trans (", "in the start and cis (", "ACE 1 CH3, ACE 1 C, PRO 2 N, PRO 2 CA"]);
}

/// Structures that the script takes: without hydrogens, and of D-amino acids. The energies are those of the
/// L-amino acid, of which one is the mirror image, and the other the same.
#[test]
fn parameterize_takes_structures_without_hydrogens_and_d_residues() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = fs::read_to_string(alanine("topology.pdb")).expect("a structure");
    let atoms = text.lines().filter(|line| line.starts_with("ATOM") || line.starts_with("HETATM"));
    let bare: String =
        atoms.clone().filter(|line| &line[76..78] != " H").map(|line| format!("{line}\n")).collect();
    let mirrored: String = atoms
        .map(|line| {
            let x: f64 = line[30..38].trim().parse().expect("a coordinate");
            format!("{}{:8.3}{}\n", line[..30].replace("ALA", "DAL"), -x, &line[38..])
        })
        .collect();
    for (name, text, words) in [
        ("bare", bare, "12 hydrogens were missing"),
        ("mirrored", mirrored, "residue DAL 2 is a D-amino acid"),
    ] {
        let file = folder.path().join(format!("{name}.pdb"));
        fs::write(&file, text).expect("written");
        let made = std::process::Command::new(&python)
            .arg("scripts/parameterize.py")
            .arg("--pdb")
            .arg(&file)
            .args(["--system", "vacuum=amber99sbildn.xml", "--out"])
            .arg(folder.path().join(name))
            .current_dir(repository())
            .output()
            .expect("Python starts");
        let said = String::from_utf8_lossy(&made.stdout);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        assert!(said.contains(words) && said.contains("topology.pdb: 22 atoms, -88.452 kJ/mol"), "{said}");
    }
}

#[test]
fn exchanged_methyl_groups_are_named_and_distances_do_not_see_them() {
    let system = case("exchanged-methyls/system.xml");
    let file = |name: &str| case(&format!("exchanged-methyls/{name}.pdb"));
    let phi = ["ACE 1 C", "VAL 2 N", "VAL 2 CA", "VAL 2 C"];
    let warnings = |end: &str, torsion| {
        let inputs = Inputs::new(&system, &file("topology"), [&file("c5"), &file(end)], &[torsion]);
        inputs.facts()["warnings"].as_array().expect("a list").clone()
    };
    assert_eq!(warnings("c7ax", phi), [] as [Value; 0]);
    let found = warnings("swapped", phi);
    let message = found[0].as_str().expect("a message");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(message.contains("end structure: VAL 2 CG1 and VAL 2 CG2. No motion"), "{message}");
    // The least-squares distance (NumPy's SVD) of the heavy atoms of c5.pdb from c7ax.pdb is 1.512 Å, from swapped.pdb
    // by names 1.801 Å.
    assert!(message.contains("1.51 Å between the states, 1.80 Å with the names as given"), "{message}");
    let chi = ["VAL 2 N", "VAL 2 CA", "VAL 2 CB", "VAL 2 CG1"];
    let found = warnings("swapped", chi);
    assert!(
        found[0].as_str().expect("a message").contains("The variable `t0` contains one of them"),
        "{found:?}"
    );
}
