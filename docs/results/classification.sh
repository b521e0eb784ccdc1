#!/usr/bin/env bash
# The runs behind classification.md: three data sets, the paper's two settings, four radii, three seeds.
# Usage, from the project's root: docs/results/classification.sh FOLDER. It goes on where it was stopped.
set -euo pipefail
folder=$1
sharpless=${SHARPLESS:-./sharpless}

# Two runs at a time, one core each.
export OMP_NUM_THREADS=1
both=(--model resnet18 --model-width 8 --batch-size 32 --sam-rho 0,0.05,0.1,0.2 --seed 0,1,2
      --compute-feature-rank --taps block3,block4,block5 --n-analysis 4000 --jobs 2 --threads 1)
minimal=(--lr-max 0.05 --lr-schedule constant --momentum 0 --l2-reg 0)
augmented=(--lr-max 0.1 --lr-schedule piecewise_05epochs --momentum 0.9 --l2-reg 5e-4)
# Of the two large sets the first 4,002 training examples; an evaluation every five epochs.
emoji10=(--epochs 15 --eval-iter-freq 1345)
part=(--frac-train 0.0667 --epochs 10 --eval-iter-freq 625)

for setting in minimal augmented; do
  declare -n options=$setting
  $sharpless sweep --dataset emoji10 "${emoji10[@]}" "${options[@]}" "${both[@]}" --out "$folder/emoji10-$setting"
  for dataset in fashion_mnist mnist; do
    $sharpless sweep --dataset $dataset "${part[@]}" "${options[@]}" "${both[@]}" --out "$folder/$dataset-$setting"
  done
done
