#!/usr/bin/env bash
# The measurements behind foreign.md: ranks of ML.NET's ResNet-18 at its stages, on drawings and on photographs, and the
# check of its features by another way.
# Usage, from the project's root: docs/results/foreign.sh FOLDER. It goes on where it was stopped.
# Needs the .NET SDK, npm, Debian's apt and, for the check, Debian's python3-torch, python3-onnx and python3-pil.
set -euo pipefail
folder=$(realpath -m "$1")
sharpless=${SHARPLESS:-./sharpless}
check=$(realpath docs/results/foreign/check.py)
mkdir -p "$folder"

# The network: the NuGet client fetches the package that a project names.
cat > "$folder/network.csproj" << 'END'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup><PackageReference Include="Microsoft.ML.DnnImageFeaturizer.ResNet18" Version="0.23.1" GeneratePathProperty="true" /></ItemGroup>
</Project>
END
dotnet restore "$folder/network.csproj" --verbosity quiet
package=$(dotnet msbuild "$folder/network.csproj" -getProperty:PkgMicrosoft_ML_DnnImageFeaturizer_ResNet18)
network=$package/tools/DnnImageModels/ResNet18Onnx/ResNet18.onnx
preprocess=$package/tools/DnnImageModels/ResNetPrepOnnx/ResNetPreprocess.onnx
sha256sum --check --quiet << END
e2552f19db2dfdb01b3669537b6a0f1b44da38d18279535492ed5dfc2ef1ff8f  $network
84bf8def78d0befaa3f6e73745d57d7016c6a192ead76f79686bd438c1047004  $preprocess
END

# The pictures: one maker's emoji, and the photographs among Tux Paint's stamps.
cd "$folder"
if [[ ! -d emoji ]]; then
  npm pack --silent emoji-datasource-google@16.0.0
  tar -xzf emoji-datasource-google-16.0.0.tgz package/img/google/64
  mv package/img/google/64 emoji
fi
if [[ ! -d photographs ]]; then
  apt-get download tuxpaint-stamps-default
  dpkg-deb --extract tuxpaint-stamps-default_*.deb stamps
  mkdir photographs.new
  (cd stamps/usr/share/tuxpaint/stamps && find . -name '*.png' -not -path '*/symbols/*' -not -path '*/cartoon/*' -print0 |
    xargs -0 cp --parents --target-directory="$folder/photographs.new")
  mv photographs.new photographs
fi
cd - > /dev/null

nodes=Pooling255,ReLU283,ReLU315,ReLU347,ReLU393
run=(pretrained-rank --onnx "$network" --preprocess "$preprocess" --normalization bytes --bs 128)

# measure NAME ARGUMENT...: NAME.json, once.
measure() {
  [[ -e "$folder/$1.json" ]] || $sharpless "${run[@]}" --n-eval-batches 100 --json "${@:2}" > "$folder/$1.new"
  [[ -e "$folder/$1.json" ]] || mv "$folder/$1.new" "$folder/$1.json"
}

for pictures in emoji photographs; do
  for center in example feature; do
    # Means over positions; then all values of the last stages.
    measure "$pictures-$center-means" --data "$folder/$pictures" --center $center --nodes $nodes --avg-tokens
    measure "$pictures-$center-all" --data "$folder/$pictures" --center $center --nodes ReLU347,ReLU393
  done
  $sharpless "${run[@]}" --data "$folder/$pictures" --n-eval-batches 2 --nodes $nodes,Pooling395 \
    --features-out "$folder/$pictures.npz" --force > /dev/null
  /usr/bin/python3 "$check" "$network" "$preprocess" "$folder/$pictures" "$folder/$pictures.npz"
done
