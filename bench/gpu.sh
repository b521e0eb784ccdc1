#!/usr/bin/env bash
# What --device cuda does on a machine that has such a device: parity with the CPU, determinism, speed. Ten minutes.
#
#     SHARPLESS_LIBTORCH=/path/to/site-packages/torch bench/gpu.sh [PROGRAM]
#
# The folder is that of a libtorch 2.10 with CUDA, of a Python installation, say. PROGRAM is ./sharpless unless given; on
# a machine without .NET it is a published one (dotnet publish src/Sharpless.Cli -r linux-x64 --self-contained). Exit
# code 1 where a check fails; nothing here has been run on a device yet.
set -euo pipefail
program=${1:-./sharpless}
folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
failed=0

$program doctor --json > "$folder/doctor.json"
if grep -A 2 '"CUDA devices"' "$folder/doctor.json" | grep -q '"none"'; then
  echo "no CUDA device was found: see $program doctor, and name a libtorch with CUDA in SHARPLESS_LIBTORCH" >&2
  exit 2
fi

# value KEY FILE: the first number under that key of a JSON document.
value() { grep -o "\"$1\": *[-0-9.e+]*" "$2" | head -1 | sed 's/.*: *//'; }

# train NAME OPTION...: one short run that is a function of its inputs alone.
train() {
  local name=$1
  shift
  $program train --dataset fashion_mnist --model resnet18 --batch-size 128 --seed 0 --no-data-augm \
    --eval-iter-freq 1000000 --json --out "$folder/$name" "$@" > "$folder/$name.json"
}

echo "parity: width 8, float32, 40 steps"
small=(--sam-rho 0.1 --model-width 8 --epochs 1 --frac-train 0.0867 --lr-max 0.01 --precision fp32)
train cpu --device cpu "${small[@]}"
train cuda --device cuda "${small[@]}"
cpu=$(value train_loss "$folder/cpu.json") cuda=$(value train_loss "$folder/cuda.json")
awk -v a="$cpu" -v b="$cuda" 'BEGIN { d = (a - b) / a; if (d < 0) d = -d; printf "  train loss %s and %s, %.1e apart\n", a, b, d; exit !(d < 1e-2) }' ||
  { echo "  FAILED: expected less than 1e-2"; failed=1; }

echo "determinism: the same command twice"
train again --device cuda "${small[@]}"
if cmp -s "$folder/cuda/weights.safetensors" "$folder/again/weights.safetensors"; then
  echo "  the same bytes"
else
  echo "  not the same bytes: cuDNN's sums have no fixed order"
fi

echo "speed: one epoch of a tenth of Fashion-MNIST"
for width in 16 64; do
  for precision in fp32 bf16; do
    for rho in 0 0.1; do
      name=speed-$width-$precision-$rho
      train "$name" --device cuda --model-width "$width" --precision "$precision" --epochs 2 --frac-train 0.2 --sam-rho "$rho"
      echo "  width $width, $precision, rho $rho: $(value steps_per_second "$folder/$name.json") steps/s"
    done
  done
done
exit "$failed"
