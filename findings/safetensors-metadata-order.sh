#!/bin/bash
# safetensors 0.6.2 writes the entries of `metadata` in an order that changes from call to call: the same tensors with the same
# metadata of two or more entries give files of different bytes, and so different checksums. With one entry the bytes are always
# the same; tensors themselves are sorted. Who promises equal bytes puts all metadata into one entry.
# Seen on 2026-11-30 with Python 3, safetensors 0.6.2, numpy 2.4.6:
#   12 processes, one entry: 1 different file
#   12 processes, three entries: 5 or 6 different files (of 6 orders)
# Exits with 1 if three entries give equal files, or one entry different ones.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install -q --target "$folder/site" safetensors==0.6.2 numpy==2.4.6
cd "$folder"
cat > save.py <<'PYTHON'
import hashlib
import json
import sys

import numpy
from safetensors.numpy import save

tensors = {"weight": numpy.arange(6.0).reshape(2, 3), "bias": numpy.zeros(3)}
print(hashlib.sha256(save(tensors, metadata=json.loads(sys.argv[1]))).hexdigest())
PYTHON
different() {
  for _ in $(seq 12); do PYTHONPATH="$folder/site" python3 save.py "$1"; done | sort -u | wc -l
}
one=$(different '{"model": "a"}')
three=$(different '{"model": "a", "seed": "1", "unit": "nm"}')
echo "12 processes, one entry: $one different file(s)"
echo "12 processes, three entries: $three different file(s)"
test "$one" -eq 1 && test "$three" -gt 1
