#!/usr/bin/env python3
"""Turns a PDB file or a sequence of amino acids into the input of a run, with OpenMM's force fields.

Writes into the folder OUT: topology.pdb (atoms, bonds and a minimised structure), one OpenMM System XML for
each --system, and one minimised structure for each --state.

    scripts/parameterize.py --sequence ACE-ALA-NME --out systems/alanine-dipeptide \\
        --system amber99sb-ildn.vacuum=amber99sbildn.xml \\
        --system amber99sb-ildn.obc=amber99sbildn.xml,amber99_obc.xml \\
        --state c5:phi2=-150,psi2=160 --state c7eq:phi2=-80,psi2=70 --state c7ax:phi2=60,psi2=-60

--system NAME=FILE,FILE...   force-field files that ship with OpenMM or lie on disk; implicit solvent is one of
                             them. All atoms are flexible (no constraints), there is no cutoff and no periodic box.
--state NAME:TORSION=DEGREES,...   any torsions. The structure is minimised with these held, then without, in the first
                             --system. A torsion is one of
                               phi2, psi2, omega2         of residue 2, counted from 1
                               chi12, chi22, ... chi52    chi1 to chi5 of residue 2 (chi110 is chi1 of residue 10)
                               N@2-CA@2-CB@2-OG1@2        four atoms, each with its residue
                               C1-C2-C3-C4                four atoms whose names occur once, as in a ligand or a ring
                               4-6-8-14                   four atoms by number, counted from 0

A sequence is one of L-amino acids by three-letter codes, joined by hyphens; ACE, NME and NHE cap its ends, without
caps the ends are charged. HIS stands for HIE. A PDB file may have D-amino acids, under their names (DAL, DPN, …) or those
of the L-amino acids; hydrogens that it lacks are added as at pH 7. Needs Python with openmm (pip install openmm).
"""

import argparse
import io
import math
import sys
from pathlib import Path

import numpy as np
import openmm
from openmm import app, unit

# The names of PDB's chemical components where force-field templates differ from them.
COMPONENT_NAMES = {
    "ACE": {"HH31": "H1", "HH32": "H2", "HH33": "H3"},
    "NME": {"CH3": "C", "HH31": "H1", "HH32": "H2", "HH33": "H3"},
}
CAPS = {"ACE", "NME", "NHE"}
# PDB's names of D-amino acids, and the residues whose force-field templates they share.
D_RESIDUES = {
    "DAL": "ALA", "DAR": "ARG", "DSG": "ASN", "DAS": "ASP", "DCY": "CYS", "DGN": "GLN", "DGL": "GLU", "DHI": "HIS",
    "DIL": "ILE", "DLE": "LEU", "DLY": "LYS", "MED": "MET", "DPN": "PHE", "DPR": "PRO", "DSN": "SER", "DTH": "THR",
    "DTR": "TRP", "DTY": "TYR", "DVA": "VAL",
}
PH = 7.0
HELD_TORSION_KJ_MOL_RAD2 = 5000.0
MINIMISATION_TOLERANCE_KJ_MOL_NM = 0.01


def sequence_topology(sequence, force_field):
    """Topology of a chain of residues, atoms in the order of the force field's templates."""
    topology = app.Topology()
    chain = topology.addChain("A")
    previous_carbon = None
    for position, code in enumerate(sequence):
        template_name = "HIE" if code == "HIS" else code
        if code not in CAPS and position == 0:
            template_name = "N" + template_name
        elif code not in CAPS and position == len(sequence) - 1:
            template_name = "C" + template_name
        template = force_field._templates.get(template_name)
        if template is None:
            sys.exit(f"residue {code} (template {template_name}) is not in the force field")
        residue_name = "HIS" if code in ("HID", "HIE", "HIP") else code
        residue = topology.addResidue(residue_name, chain)
        names = COMPONENT_NAMES.get(code, {})
        atoms = [topology.addAtom(names.get(a.name, a.name), a.element, residue) for a in template.atoms]
        for first, second in template.bonds:
            topology.addBond(atoms[first], atoms[second])
        by_name = {atom.name: atom for atom in atoms}
        if previous_carbon is not None:
            topology.addBond(previous_carbon, by_name["N"])
        previous_carbon = by_name.get("C")
    return topology


def named_atom(topology, torsion, name):
    """An atom of a torsion: `CA@2`, `C1` where only one atom is called so, or a number counted from 0."""
    atoms, residues = list(topology.atoms()), list(topology.residues())
    if name.isdigit():
        if int(name) >= len(atoms):
            sys.exit(f"torsion {torsion}: no atom {name}, there are {len(atoms)}, counted from 0")
        return atoms[int(name)]
    name, located, number = name.partition("@")
    if located and not (number.isdigit() and 1 <= int(number) <= len(residues)):
        sys.exit(f"torsion {torsion}: no residue {number}, expected 1 to {len(residues)}")
    among = list(residues[int(number) - 1].atoms()) if located else atoms
    found = [atom for atom in among if atom.name == name]
    if len(found) != 1:
        where = f"in residue {number}" if located else "in the molecule"
        hint = "; say its residue, as in CA@2" if found else ": there are " + " ".join(sorted({a.name for a in among}))
        sys.exit(f"torsion {torsion}: {len(found) or 'no'} atoms are called {name} {where}{hint}")
    return found[0]


def torsion_atoms(topology, torsion):
    """The four atoms of e.g. `phi2` (phi of residue 2, counted from 1), `chi12`, `N@2-CA@2-CB@2-OG1@2` or `4-6-8-14`."""
    if "-" in torsion:
        atoms = [named_atom(topology, torsion, name) for name in torsion.split("-")]
        if len(set(atoms)) != 4:
            sys.exit(f"torsion {torsion}: expected four different atoms, joined by hyphens")
        return atoms
    kind = torsion.rstrip("0123456789")
    digits = torsion[len(kind):]
    if kind == "chi" and len(digits) > 1:
        kind, digits = f"chi{digits[0]}", digits[1:]
    residues = list(topology.residues())
    if (kind not in ("phi", "psi", "omega", "chi1", "chi2", "chi3", "chi4", "chi5") or not digits
            or not 1 <= int(digits) <= len(residues)):
        sys.exit(f"no torsion {torsion}: expected phi, psi, omega or chi1 to chi5 and a residue from 1 to {len(residues)}, "
                 "or four atoms such as N@2-CA@2-CB@2-CG@2")
    number = int(digits) - 1

    def atom(residue, *names):
        """The atom of the first of these names that the residue has (a proline's CA, not its C)."""
        if 0 <= residue < len(residues):
            by_name = {candidate.name: candidate for candidate in residues[residue].atoms()}
            for name in names:
                if name in by_name:
                    return by_name[name]
        sys.exit(f"torsion {torsion}: residue {residue + 1} has no atom {' or '.join(names)}")

    if kind == "phi":
        return [atom(number - 1, "C"), atom(number, "N"), atom(number, "CA"), atom(number, "C")]
    if kind == "psi":
        return [atom(number, "N"), atom(number, "CA"), atom(number, "C"), atom(number + 1, "N")]
    if kind == "omega":
        return [atom(number, "CA", "CH3"), atom(number, "C"), atom(number + 1, "N"), atom(number + 1, "CA", "C")]
    # The chain of a side chain's atoms; the branch of the lower number is taken (IUPAC-IUB 1970).
    chain = [("N",), ("CA",), ("CB",), ("CG", "CG1", "OG", "OG1", "SG"), ("CD", "CD1", "OD1", "ND1", "SD"),
             ("CE", "NE", "OE1"), ("CZ", "NZ"), ("NH1",)]
    first = int(kind[3:]) - 1
    return [atom(number, *names) for names in chain[first:first + 4]]


def dihedral(points):
    """Dihedral angle of four points, radian."""
    a, b, c = points[1] - points[0], points[2] - points[1], points[3] - points[2]
    m, n = np.cross(a, b), np.cross(b, c)
    return math.atan2(np.dot(np.cross(m, n), b) / np.linalg.norm(b), np.dot(m, n))


def placed(a, b, c, length, angle, torsion):
    """The point d with |cd| = length, angle bcd and dihedral abcd (natural extension of the reference frame)."""
    bc = (c - b) / np.linalg.norm(c - b)
    normal = np.cross(b - a, bc)
    normal /= np.linalg.norm(normal)
    frame = np.array([bc, np.cross(normal, bc), normal])
    local = [-math.cos(angle), math.sin(angle) * math.cos(torsion), math.sin(angle) * math.sin(torsion)]
    return c + length * np.array(local) @ frame


def ring_memberships(neighbours):
    """For every bond (i, j): the atoms of the smallest ring through it, or an empty set."""
    rings = {}
    for start, ends in neighbours.items():
        for end in ends:
            paths, seen, ring = [[start]], {start}, set()
            while paths and not ring:
                path = paths.pop(0)
                for nxt in neighbours[path[-1]]:
                    if path[-1] == start and nxt == end or nxt in seen:
                        continue
                    if nxt == end:
                        ring = set(path) | {end}
                        break
                    seen.add(nxt)
                    paths.append([*path, nxt])
            rings[start, end] = ring
    return rings


def built_coordinates(topology, system):
    """Coordinates from the force field's own bond lengths and angles, chains stretched out, centres L."""
    lengths, angles = {}, {}
    for force in system.getForces():
        if isinstance(force, openmm.HarmonicBondForce):
            for k in range(force.getNumBonds()):
                i, j, length, _ = force.getBondParameters(k)
                lengths[i, j] = lengths[j, i] = length.value_in_unit(unit.nanometer)
        elif isinstance(force, openmm.HarmonicAngleForce):
            for k in range(force.getNumAngles()):
                i, j, l, angle, _ = force.getAngleParameters(k)
                angles[i, j, l] = angles[l, j, i] = angle.value_in_unit(unit.radian)
    atoms = list(topology.atoms())
    neighbours = {atom.index: [] for atom in atoms}
    for first, second in topology.bonds():
        neighbours[first.index].append(second.index)
        neighbours[second.index].append(first.index)
    rings = ring_memberships(neighbours)

    def rank(index):
        """Order in which the neighbours of an atom are placed; with the turns below it makes L-amino acids."""
        atom = atoms[index]
        order = ["C", "CB"] if atom.name in ("C", "CB") else [atom.name]
        backbone = order.index(atom.name) if len(order) > 1 else 2
        if atom.name in ("N", "CA"):
            backbone = 0
        return (atom.element.symbol == "H", backbone, atom.name[-1:], atom.name)

    positions, parent = {}, {}
    root = next(a.index for a in atoms if a.element.symbol != "H")
    first = min((n for n in neighbours[root]), key=rank)
    positions[root] = np.zeros(3)
    positions[first] = np.array([lengths[root, first], 0.0, 0.0])
    parent[first], parent[root] = root, first
    queue = [first, root]
    while queue:
        centre = queue.pop(0)
        before = parent[centre]
        grandparent = parent[before] if parent[before] != centre else next(
            (n for n in neighbours[before] if n != centre and n in positions), None)
        origin = positions[grandparent] if grandparent is not None else positions[before] + np.array([0.1, 0.2, 0.3])
        planar = len(neighbours[centre]) == 3
        start = None
        for turn, atom in enumerate(sorted((n for n in neighbours[centre] if n not in positions), key=rank)):
            if turn == 0:
                ring = rings[before, centre]
                start = 0.0 if grandparent in ring and atom in ring else math.pi
                torsion = start
            else:
                torsion = start + (math.pi if planar else (-2 if turn == 1 else 2) * math.pi / 3)
            positions[atom] = placed(origin, positions[before], positions[centre], lengths[centre, atom],
                                     angles.get((before, centre, atom), 1.91), torsion)
            parent[atom] = centre
            queue.append(atom)
    return np.array([positions[a.index] for a in atoms])


def minimised(system, positions, held=()):
    """Positions (nm) and energy (kJ/mol) after minimisation; `held` are (atoms, radian) torsions."""
    system = openmm.XmlSerializer.clone(system)
    if held:
        tether = openmm.CustomTorsionForce("0.5*k*d^2; d=min(e, 2*pi-e); e=abs(theta-target); pi=3.141592653589793")
        tether.addGlobalParameter("k", HELD_TORSION_KJ_MOL_RAD2)
        tether.addPerTorsionParameter("target")
        for atoms, target in held:
            tether.addTorsion(*[a.index for a in atoms], [math.remainder(target, math.tau)])
        system.addForce(tether)
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference"))
    context.setPositions(positions)
    openmm.LocalEnergyMinimizer.minimize(context, MINIMISATION_TOLERANCE_KJ_MOL_NM, 0)
    state = context.getState(getPositions=True, getEnergy=True)
    return (state.getPositions(asNumpy=True).value_in_unit(unit.nanometer),
            state.getPotentialEnergy().value_in_unit(unit.kilojoule_per_mole))


def handedness(topology, positions):
    """+1 or -1 for every stereocentre of an amino acid, by (residue's index, atom): +1 for CA of an L-amino acid."""
    centres = [("CA", "N", "C", "CB", None), ("CB", "CA", "OG1", "CG2", "THR"), ("CB", "CA", "CG1", "CG2", "ILE")]
    hands = {}
    for residue in topology.residues():
        index = {atom.name: atom.index for atom in residue.atoms()}
        for centre, a, b, c, only in centres:
            if all(name in index for name in (centre, a, b, c)) and only in (None, residue.name):
                x, y, z = (positions[index[name]] - positions[index[centre]] for name in (a, b, c))
                hands[residue.index, centre] = 1 if np.dot(np.cross(x, y), z) > 0 else -1
    return hands


def check_chirality(topology, positions, expected=None):
    """Ends the program if a stereocentre is not as expected: as in the file that was read, or else that of an
    L-amino acid with the natural side chain."""
    residues = list(topology.residues())
    for (residue, centre), hand in handedness(topology, positions).items():
        if hand != (expected or {}).get((residue, centre), 1):
            name = f"{residues[residue].name} {residues[residue].id}"
            sys.exit(f"residue {name}: {centre} has the wrong chirality")


def read_pdb(path):
    """Topology and positions (nm) of a PDB file, and the D-amino acids in it as {index of the residue: its name}.

    D-amino acids are read under the names of the L-amino acids, whose bonds and templates they share.
    """
    lines, d_names = [], {}
    for line in Path(path).read_text().splitlines():
        code = line[17:20]
        if line.startswith(("ATOM", "HETATM")) and code in D_RESIDUES:
            d_names[line[21:22].strip(), line[22:26].strip(), line[26:27].strip()] = code
            line = line[:17] + D_RESIDUES[code] + line[20:]
        lines.append(line)
    pdb = app.PDBFile(io.StringIO("\n".join(lines) + "\n"))
    pdb.topology.setPeriodicBoxVectors(None)
    places = {residue.index: (residue.chain.id.strip(), residue.id.strip(), residue.insertionCode.strip())
              for residue in pdb.topology.residues()}
    named = {index: d_names[place] for index, place in places.items() if place in d_names}
    return pdb.topology, pdb.getPositions(asNumpy=True).value_in_unit(unit.nanometer), named


def with_hydrogens(topology, positions, force_field):
    """The molecule with the hydrogens that the force field's templates have and the file lacks."""
    if not force_field.getUnmatchedResidues(topology):
        return topology, positions
    modeller = app.Modeller(topology, positions * unit.nanometer)
    before = topology.getNumAtoms()
    modeller.addHydrogens(force_field, pH=PH, platform=openmm.Platform.getPlatformByName("Reference"))
    unmatched = force_field.getUnmatchedResidues(modeller.topology)
    if unmatched:
        names = ", ".join(f"{residue.name} {residue.id}" for residue in unmatched)
        sys.exit(f"the force field has no template for {names}: are heavy atoms missing, or is it no amino acid?")
    added = modeller.topology.getNumAtoms() - before
    print(f"{added} hydrogens were missing and have been added as at pH {PH:g}: check the charges of the residues")
    return modeller.topology, modeller.getPositions().value_in_unit(unit.nanometer)


def write_pdb(path, topology, positions):
    """Writes one structure, centred, with PDB's 0.001 Å."""
    with open(path, "w") as file:
        app.PDBFile.writeModel(topology, (positions - positions.mean(axis=0)) * 10.0, file)
        app.PDBFile.writeFooter(topology, file)


def named(text, separator):
    """Splits NAME<separator>VALUE."""
    name, found, value = text.partition(separator)
    if not (name and found and value):
        raise argparse.ArgumentTypeError(f"expected NAME{separator}…, got {text!r}")
    return name, value


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--pdb", help="structure; hydrogens that are missing are added")
    source.add_argument("--sequence", help="e.g. ACE-ALA-NME")
    parser.add_argument("--system", action="append", required=True, type=lambda t: named(t, "="))
    parser.add_argument("--state", action="append", default=[], type=lambda t: named(t, ":"))
    parser.add_argument("--out", required=True, type=Path)
    arguments = parser.parse_args()

    force_fields = {name: app.ForceField(*files.split(",")) for name, files in arguments.system}
    reference = next(iter(force_fields.values()))
    if arguments.pdb:
        topology, positions, d_names = read_pdb(arguments.pdb)
        hands = handedness(topology, positions)
        topology, positions = with_hydrogens(topology, np.array(positions), reference)
        positions = np.array(positions)
    else:
        topology, positions = sequence_topology(arguments.sequence.split("-"), reference), None
        d_names, hands = {}, {}

    arguments.out.mkdir(parents=True, exist_ok=True)
    systems = {}
    for name, force_field in force_fields.items():
        systems[name] = force_field.createSystem(
            topology, nonbondedMethod=app.NoCutoff, constraints=None, rigidWater=False, removeCMMotion=True)
        (arguments.out / f"{name}.xml").write_text(openmm.XmlSerializer.serialize(systems[name]) + "\n")
    system = next(iter(systems.values()))
    if positions is None:
        positions = built_coordinates(topology, system)
    positions, energy = minimised(system, positions)
    check_chirality(topology, positions, hands)
    for residue in topology.residues():
        if hands.get((residue.index, "CA")) == -1:
            residue.name = d_names.get(residue.index, residue.name)
            print(f"residue {residue.name} {residue.id} is a D-amino acid")
    write_pdb(arguments.out / "topology.pdb", topology, positions)
    print(f"topology.pdb: {topology.getNumAtoms()} atoms, {energy:.3f} kJ/mol")

    for name, torsions in arguments.state:
        held = []
        for item in torsions.split(","):
            torsion, degrees = named(item, "=")
            held.append((torsion_atoms(topology, torsion), math.radians(float(degrees))))
        # Half-way targets first: a straight jump across a barrier can tear the molecule.
        start = positions
        for fraction in np.linspace(0.1, 1.0, 10):
            partial = []
            for atoms, target in held:
                now = dihedral([positions[a.index] for a in atoms])
                partial.append((atoms, now + fraction * math.remainder(target - now, math.tau)))
            start, _ = minimised(system, start, partial)
        relaxed, energy = minimised(system, start)
        check_chirality(topology, relaxed, hands)
        write_pdb(arguments.out / f"{name}.pdb", topology, relaxed)
        found = ", ".join(
            f"{item.partition('=')[0]} {math.degrees(dihedral([relaxed[a.index] for a in atoms])):.2f}°"
            for item, (atoms, _) in zip(torsions.split(","), held))
        print(f"{name}.pdb: {energy:.3f} kJ/mol at {found}")


if __name__ == "__main__":
    main()
