#!/usr/bin/env bash
# The runs behind bfloat16.md: the same training in float32 and in bfloat16, four radii, three seeds, two settings; and
# what rounding makes of the ascent at three widths.
# Usage, from the project's root: docs/results/bfloat16.sh FOLDER. It goes on where it was stopped.
set -euo pipefail
folder=$1
sharpless=${SHARPLESS:-./sharpless}

export OMP_NUM_THREADS=1
part=(--dataset fashion_mnist --frac-train 0.0667 --batch-size 32 --model resnet18 --threads 1)
minimal=(--lr-max 0.05 --lr-schedule constant --momentum 0 --l2-reg 0)
augmented=(--lr-max 0.1 --lr-schedule piecewise_05epochs --momentum 0.9 --l2-reg 5e-4)
for setting in minimal augmented; do
  declare -n options=$setting
  for precision in bf16 fp32; do
    $sharpless sweep "${part[@]}" "${options[@]}" --model-width 8 --epochs 10 --eval-iter-freq 1250 \
      --sam-rho 0,0.05,0.1,0.2 --seed 0,1,2 --precision $precision \
      --compute-feature-rank --taps block3,block4,block5 --n-analysis 4000 --out "$folder/$setting-$precision"
  done
done

dotnet build bench/Sharpless.Bench --configuration Release
for width in 8 16 64; do
  epochs=$(( width == 64 ? 1 : width == 16 ? 3 : 10 ))
  $sharpless train "${part[@]}" "${minimal[@]}" --model-width $width --epochs $epochs --precision bf16 \
    --sam-rho 0.05 --n-final-eval 512 --resume --out "$folder/width-$width"
  dotnet artifacts/bin/Sharpless.Bench/release/Sharpless.Bench.dll rounding "$folder/width-$width" 0.01 0.05 0.1 0.2 0.4
done
