#!/usr/bin/env bash
# The runs behind contrastive.md: image-text training on emoji-captions at three radii and with a bottleneck, three seeds.
# Usage, from the project's root: docs/results/contrastive.sh FOLDER. It goes on where it was stopped.
set -euo pipefail
folder=$1
sharpless=${SHARPLESS:-./sharpless}

# Two runs at a time, one core each.
export OMP_NUM_THREADS=1

$sharpless data get emoji-captions
for seed in 0 1 2; do
  for rho in 0 0.01 0.03; do echo "--rho $rho --seed $seed --out $folder/rho$rho-s$seed"; done
  echo "--bottleneck-dim 8 --seed $seed --out $folder/k8-s$seed"
done | xargs -d '\n' -P 2 -I {} sh -c "$sharpless contrast --preset tiny --epochs 15 --threads 1 --resume {}"

$sharpless report "$folder"/rho*-s? "$folder"/k*-s? --out "$folder/report.html"
for split in test style composition; do
  for rho in 0 0.01 0.03; do
    for seed in 0 1 2; do
      $sharpless contrast-rank --run "$folder/rho$rho-s$seed" --split $split --return-layer all --json > "$folder/rho$rho-s$seed/rank-$split.json"
    done
  done
done
