#!/usr/bin/env bash
# Run every chapter as Colab would: alone in an empty folder, with the packages of
# Colab's image; the first cell fetches the book (from the folder in BLOCKS_ADDRESS).
# Outputs are not compared here (the image's versions are its own): every cell has to run.
set -euo pipefail
git config --global --add safe.directory '*'
failed=()
for chapter in "$BLOCKS_ADDRESS"/book/[0-9][0-9]_*.ipynb; do
  name=$(basename "$chapter")
  folder=$(mktemp -d)
  cp "$chapter" "$folder/"
  echo "== $name"
  (cd "$folder" && python3 -m jupyter nbconvert --to notebook --execute --stdout \
    --ExecutePreprocessor.timeout=600 "$name" >/dev/null) || failed+=("$name")
done
if [ ${#failed[@]} -gt 0 ]; then
  echo "FAILED: ${failed[*]}"
  exit 1
fi
echo "All chapters ran."
