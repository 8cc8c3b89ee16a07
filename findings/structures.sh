#!/bin/bash
# MDAnalysis 2.11.0 reads hybrid-36 serial numbers (A0000 = 100000) in ATOM records of a PDB file, but raises ValueError for the whole
# file where a CONECT record names one; and it takes every hybrid-36 residue number (A000 = 10000, A001, …) for 1 with a warning, so that
# neighbouring residues of one name are merged, while numbers that wrap (9999, 0, 1, …) are unwrapped to 9999, 10000, 10001.
# Seen on 2026-11-30 with Python 3, MDAnalysis 2.11.0:
#   hybrid-36 serials, no CONECT: 3 atoms, ids [99999, 100000, 100001]
#   the same with CONECT: ValueError ... invalid literal for int() with base 10: 'A0000'
#   hybrid-36 residue numbers: residues [9999, 1] (of 3)
#   wrapped residue numbers: residues [9999, 10000, 10001]
# Exits with 1 if any of this changes.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install -q --target "$folder/site" MDAnalysis==2.11.0
cd "$folder"
PYTHONPATH="$folder/site" python3 - <<'PYTHON'
import sys
import warnings

warnings.simplefilter("ignore")
import MDAnalysis


def write(name, serials, residues, conect=""):
    line = "HETATM%5s  C1  LIG A%4s    %8.3f   0.000   0.000  1.00  0.00           C\n"
    with open(name, "w") as file:
        for place, (serial, residue) in enumerate(zip(serials, residues)):
            file.write(line % (serial, residue, 1.5 * place))
        file.write(conect + "END\n")
    return name


serials = ["99999", "A0000", "A0001"]
plain = MDAnalysis.Universe(write("serials.pdb", serials, ["1"] * 3))
print("hybrid-36 serials, no CONECT:", plain.atoms.n_atoms, "atoms, ids", [int(i) for i in plain.atoms.ids])
try:
    MDAnalysis.Universe(write("conect.pdb", serials, ["1"] * 3, "CONECTA0000A0001\n"))
    raised = ""
except ValueError as error:
    raised = str(error)
print("the same with CONECT: ValueError", raised.split("\n")[-1])
hybrid = MDAnalysis.Universe(write("residues.pdb", "123", ["9999", "A000", "A001"])).residues.resids.tolist()
wrapped = MDAnalysis.Universe(write("wrapped.pdb", "123", ["9999", "0", "1"])).residues.resids.tolist()
print("hybrid-36 residue numbers: residues", hybrid)
print("wrapped residue numbers: residues", wrapped)
as_seen = (
    plain.atoms.ids.tolist() == [99999, 100000, 100001]
    and "invalid literal for int() with base 10: 'A0000'" in raised
    and hybrid == [9999, 1]
    and wrapped == [9999, 10000, 10001]
)
sys.exit(0 if as_seen else 1)
PYTHON
