//! Two states of one molecule: what is told apart and what is not.
//!
//! Molecules are built from internal coordinates with textbook bond lengths and angles.

use std::f64::consts::PI;

use geodyssey_molecule::bonds::complete_bonds;
use geodyssey_molecule::states::{compare_states, distinct_states, same_molecule};
use geodyssey_molecule::symmetry::equivalence_classes;
use geodyssey_molecule::variables::Torsion;
use geodyssey_molecule::{
    Atom, Cell, CollectiveVariable, Element, MoleculeError, Residue, Structure, Topology, UNNAMED_RESIDUE,
};
use nalgebra::{Rotation3, Unit, Vector3};

fn structure(names: &[&str], positions: &[[f64; 3]]) -> Structure {
    let element = |name: &&str| Element::from_atom_name(name, false).unwrap();
    let elements: Vec<Element> = names.iter().map(element).collect();
    let atoms = names.iter().zip(&elements).map(|(name, &element)| Atom {
        name: (*name).into(),
        element,
        residue: 0,
    });
    let residue =
        Residue { name: "MOL".into(), id: 1, atoms: (0..names.len()).collect(), ..Residue::default() };
    let bonds = complete_bonds(&elements, positions, &[]);
    let topology = Topology::new(atoms.collect(), vec![residue], bonds).unwrap();
    Structure::new(topology, positions.to_vec()).unwrap()
}

/// The point at a distance from `c`, at an angle with `b` and a torsion with `a` (radian).
fn place(a: [f64; 3], b: [f64; 3], c: [f64; 3], distance: f64, angle: f64, torsion: f64) -> [f64; 3] {
    let [a, b, c] = [a, b, c].map(Vector3::from);
    let along = (c - b).normalize();
    let normal = (b - a).cross(&along).normalize();
    let across = normal.cross(&along);
    let arm = along * -angle.cos()
        + across * (angle.sin() * torsion.cos())
        + normal * (angle.sin() * torsion.sin());
    (c + arm * distance).into()
}

/// A tetrahedral centre with the given substituents.
fn tetrahedron(names: [&str; 5], lengths: [f64; 4]) -> Structure {
    let corners = [[1.0, 1.0, 1.0], [1.0, -1.0, -1.0], [-1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]];
    let mut positions = vec![[0.0; 3]];
    for (corner, length) in corners.iter().zip(lengths) {
        positions.push(corner.map(|x: f64| x * length / 3.0_f64.sqrt()));
    }
    structure(&names, &positions)
}

fn mirrored(state: &Structure) -> Structure {
    let positions = state.positions().iter().map(|&[x, y, z]| [x, y, -z]).collect();
    Structure::new(state.topology().clone(), positions).unwrap()
}

/// N-methylformamide without the methyl hydrogens: `O C H N HN CM`, the torsion `O C N CM` given (cis: 0).
fn amide(torsion: f64, nitrogen_distance: f64) -> Structure {
    let (c, o) = ([0.0; 3], [0.123, 0.0, 0.0]);
    let degrees = |x: f64| x.to_radians();
    let n = [nitrogen_distance * degrees(125.0).cos(), nitrogen_distance * degrees(125.0).sin(), 0.0];
    let h = [0.109 * degrees(-122.0).cos(), 0.109 * degrees(-122.0).sin(), 0.0];
    let cm = place(o, c, n, 0.145, degrees(121.0), torsion);
    let hn = place(o, c, n, 0.101, degrees(119.0), torsion + PI);
    structure(&["O", "C", "H", "N", "HN", "CM"], &[o, c, h, n, hn, cm])
}

#[test]
fn a_mirror_image_has_opposite_chirality() {
    let chiral = tetrahedron(["C1", "H", "F", "CL", "BR"], [0.109, 0.135, 0.177, 0.194]);
    assert_eq!(chiral.topology().bonds().len(), 4);
    let classes = equivalence_classes(chiral.topology());
    assert_eq!(classes.iter().collect::<std::collections::BTreeSet<_>>().len(), 5);
    assert_eq!(compare_states(chiral.topology(), &chiral, &chiral, &[]), Ok(()));
    let error = compare_states(chiral.topology(), &chiral, &mirrored(&chiral), &[]).unwrap_err();
    assert_eq!(error, MoleculeError::Chirality { atom: "MOL 1 C1".into() });
}

#[test]
fn two_equal_substituents_make_no_stereocentre() {
    let prochiral = tetrahedron(["C1", "H1", "H2", "CL", "BR"], [0.109, 0.109, 0.177, 0.194]);
    assert_eq!(compare_states(prochiral.topology(), &prochiral, &mirrored(&prochiral), &[]), Ok(()));
}

#[test]
fn a_sulfonium_pyramid_is_a_stereocentre() {
    let positions = [[0.0; 3], [0.18, 0.0, 0.06], [-0.08, 0.13, 0.06], [-0.08, -0.15, 0.06]];
    let pyramid = structure(&["S1", "C", "O", "CL"], &positions);
    assert_eq!(pyramid.topology().neighbours(0), [1, 2, 3]);
    let image = mirrored(&pyramid);
    assert!(matches!(
        compare_states(pyramid.topology(), &pyramid, &image, &[]),
        Err(MoleculeError::Chirality { .. })
    ));
}

#[test]
fn substituents_that_differ_far_away_are_told_apart() {
    // 3-methylhexane's carbons: the centre (index 2) carries ethyl, propyl, methyl and a hydrogen.
    let names = ["C1", "C2", "C3", "C4", "C5", "C6", "C7", "H3"];
    let element = |name: &&str| Element::from_atom_name(name, false).unwrap();
    let atoms =
        names.iter().map(|name| Atom { name: (*name).into(), element: element(name), residue: 0 }).collect();
    let residue = Residue { name: "MOL".into(), id: 1, atoms: (0..8).collect(), ..Residue::default() };
    let bonds = [[0, 1], [1, 2], [2, 3], [3, 4], [4, 5], [2, 6], [2, 7]];
    let classes = equivalence_classes(&Topology::new(atoms, vec![residue], bonds).unwrap());
    let around: std::collections::BTreeSet<_> = [1, 3, 6, 7].map(|atom| classes[atom]).into();
    assert_eq!(around.len(), 4);
}

#[test]
fn cis_and_trans_amides_are_told_apart_unless_a_variable_turns_the_bond() {
    let (cis, trans) = (amide(0.0, 0.134), amide(PI, 0.134));
    let topology = cis.topology();
    assert_eq!(topology.bonds().len(), 5);
    let torsion = Torsion::new([0, 1, 3, 5], 6).unwrap();
    assert!(torsion.value(cis.positions()).abs() < 1e-9);
    let error = compare_states(topology, &cis, &trans, &[]).unwrap_err().to_string();
    assert!(error.contains("MOL 1 C – MOL 1 N") && error.contains("cis (0°) in the start"), "{error}");
    assert!(error.contains("MOL 1 O, MOL 1 C, MOL 1 N, MOL 1 CM"), "{error}");
    assert_eq!(compare_states(topology, &cis, &trans, &[[3, 1]]), Ok(()));
    assert_eq!(compare_states(topology, &cis, &amide(0.6, 0.134), &[]), Ok(()));
    let (near, far) = (amide(0.0, 0.147), amide(PI, 0.147));
    assert_eq!(compare_states(near.topology(), &near, &far, &[]), Ok(()), "a single bond turns freely");
}

#[test]
fn equal_substituents_have_no_side() {
    // Formamide: the two hydrogens of the nitrogen are alike.
    let turned = |torsion: f64| {
        let moved = amide(torsion, 0.134);
        let x = moved.positions();
        let second = place(x[0], x[1], x[3], 0.101, 2.1, torsion);
        structure(&["O", "C", "H", "N", "HN1", "HN2"], &[x[0], x[1], x[2], x[3], x[4], second])
    };
    let (a, b) = (turned(0.0), turned(PI));
    assert_eq!(compare_states(a.topology(), &a, &b, &[]), Ok(()));
}

#[test]
fn another_molecule_is_named_by_its_first_different_atom() {
    let state = amide(0.0, 0.134);
    let renamed = structure(&["O", "C", "H", "N", "H1", "CM"], state.positions());
    let error = compare_states(state.topology(), &state, &renamed, &[]).unwrap_err().to_string();
    assert!(error.contains("the end structure") && error.contains("atom 4 is MOL 1 H1"), "{error}");
    let shorter = structure(&["O", "C", "H", "N", "HN"], &state.positions()[..5]);
    let error = compare_states(state.topology(), &shorter, &state, &[]).unwrap_err().to_string();
    assert!(error.contains("the start structure") && error.contains("5 atoms"), "{error}");
}

#[test]
fn a_state_and_its_turned_copy_are_equal() {
    let state = amide(0.0, 0.134);
    let rotation = Rotation3::from_axis_angle(&Unit::new_normalize(Vector3::new(1.0, 2.0, 3.0)), 2.0);
    let positions = state.positions().iter().map(|&x| (rotation * Vector3::from(x)).into()).collect();
    let copy = Structure::new(state.topology().clone(), positions).unwrap();
    assert!(matches!(
        distinct_states(state.topology(), &state, &copy),
        Err(MoleculeError::StatesEqual { rmsd_nm }) if rmsd_nm < 1e-9
    ));
    assert!(distinct_states(state.topology(), &state, &amide(PI, 0.134)).unwrap() > 0.05);
}

/// A file with elements only, as XYZ is: the order of the atoms is told by what lies near what.
#[test]
fn structures_without_names_are_compared_by_elements_and_bonds() {
    let known = amide(PI, 0.134);
    let nameless = |order: &[usize]| {
        let atoms = known.topology().atoms();
        let atoms = order.iter().map(|&atom| Atom {
            name: atoms[atom].element.symbol().into(),
            element: atoms[atom].element,
            residue: 0,
        });
        let residue = Residue {
            name: UNNAMED_RESIDUE.into(),
            id: 1,
            atoms: (0..order.len()).collect(),
            ..Residue::default()
        };
        let positions: Vec<[f64; 3]> = order.iter().map(|&atom| known.positions()[atom]).collect();
        let topology = Topology::new(atoms.collect(), vec![residue], Vec::new()).unwrap();
        Structure::new(topology, positions).unwrap()
    };
    assert_eq!(same_molecule(known.topology(), &nameless(&[0, 1, 2, 3, 4, 5]), None, "end"), Ok(()));
    let message = |order: &[usize]| {
        let found = same_molecule(known.topology(), &nameless(order), None, "end");
        found.expect_err("another molecule").to_string()
    };
    // A bond may cross the boundary of the cell that the file states.
    let (topology, mut positions) = nameless(&[0, 1, 2, 3, 4, 5]).into_parts();
    positions[1][0] += 2.0;
    let parted = Structure::new(topology, positions).unwrap();
    let cell = Cell::from_lengths_and_angles([2.0; 3], [90.0; 3]);
    assert_eq!(same_molecule(known.topology(), &parted, cell.as_ref(), "end"), Ok(()));
    assert!(same_molecule(known.topology(), &parted, None, "end").is_err());
    // The two carbons exchanged: the elements agree, the bonds do not.
    assert!(message(&[0, 5, 2, 3, 4, 1]).contains("too far apart"), "{}", message(&[0, 5, 2, 3, 4, 1]));
    assert!(message(&[1, 0, 2, 3, 4, 5]).contains("atom 0"));
    assert!(message(&[0, 1, 2, 3, 4]).contains("atoms"));
}

#[test]
fn triple_bonds_and_cumulenes_have_no_side() {
    // HO–C≡C–OH: the hydroxyl hydrogens turn freely about the line.
    let alkyne = |torsion: f64| {
        let (o1, c1, c2, o2) = ([-0.131, 0.0, 0.0], [0.0; 3], [0.120, 0.0, 0.0], [0.251, 0.0, 0.0]);
        let angle = 108.0_f64.to_radians();
        let h1 = [-0.131 - 0.096 * (PI - angle).cos(), 0.096 * (PI - angle).sin(), 0.0];
        let h2 = [
            0.251 + 0.096 * (PI - angle).cos(),
            0.096 * (PI - angle).sin() * torsion.cos(),
            0.096 * (PI - angle).sin() * torsion.sin(),
        ];
        // A line to 1e-3 only, as a minimiser leaves it, so that torsions have some value.
        let bent = |[x, y, z]: [f64; 3], by: f64| [x, y + by, z + 0.5 * by];
        structure(
            &["H1", "O1", "C1", "C2", "O2", "H2"],
            &[h1, bent(o1, 1e-3), bent(c1, -1e-3), bent(c2, 1e-3 * torsion.cos()), o2, h2],
        )
    };
    let (cis, trans) = (alkyne(0.0), alkyne(PI));
    assert_eq!(cis.topology().bonds().len(), 5);
    assert_eq!(compare_states(cis.topology(), &cis, &trans, &[]), Ok(()));
    // H₂C=C=CHF: each double bond by itself has no side either.
    let allene = |side: f64| {
        let positions = [
            [0.0, 0.0, 0.0],
            [0.131, 1e-4 * side, 0.0],
            [0.262, 0.0, 0.0],
            [0.320, 0.0, 0.093],
            [0.330, 0.0, -0.115],
            [-0.058, 0.093 * side, 0.0],
            [-0.068, -0.115 * side, 0.0],
        ];
        structure(&["C1", "C2", "C3", "H1", "F1", "H2", "CL1"], &positions)
    };
    let (one, other) = (allene(1.0), allene(-1.0));
    assert_eq!(compare_states(one.topology(), &one, &other, &[]), Ok(()));
}

#[test]
fn prochiral_labels_and_turned_rings_are_told() {
    use geodyssey_molecule::exchanged_labels::ExchangedLabels;
    let prochiral = tetrahedron(["C1", "H1", "H2", "CL", "BR"], [0.109, 0.109, 0.177, 0.194]);
    let mut exchanged = prochiral.positions().to_vec();
    exchanged.swap(1, 2);
    let atoms: Vec<usize> = (0..5).collect();
    let between = |end: &[[f64; 3]]| {
        ExchangedLabels::between(prochiral.topology(), prochiral.positions(), end, &atoms, &[]).unwrap()
    };
    let found = between(&exchanged);
    assert_eq!(found.prochiral, [[1, 2]]);
    assert!(found.rmsd_nm < 1e-9 && found.as_labelled_rmsd_nm > 0.05, "{found:?}");
    assert_eq!(found.atoms(), [1, 2]);
    assert!(between(prochiral.positions()).atoms().is_empty());
    // A methyl group that has turned by a third is no exchange, one with two hydrogens exchanged is.
    let methyl = tetrahedron(["C1", "H1", "H2", "H3", "BR"], [0.109, 0.109, 0.109, 0.194]);
    let relabelled = |order: [usize; 5]| order.map(|atom| methyl.positions()[atom]);
    let prochiral = |order| {
        ExchangedLabels::between(methyl.topology(), methyl.positions(), &relabelled(order), &atoms, &[])
            .unwrap()
            .prochiral
    };
    assert!(prochiral([0, 2, 3, 1, 4]).is_empty());
    assert_eq!(prochiral([0, 2, 1, 3, 4]), [[1, 2, 3]]);
}
