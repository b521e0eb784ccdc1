"""Nearest-neighbour errors of a network on another data set than it was made for, by PyTorch and numpy in float64.

Made with Debian 12's python3-torch 1.13.1:  /usr/bin/python3 tests/golden/transfer/make.py
The network is the pre-activation ResNet-18 of ../parity/resnet.npz with the weights init/NAME: width 4, made for 3x32x32 images in few
classes. The data set has images of 3x24x24 and labels up to 99, most of them unused. Writes, beside itself, transfer.npz:
x_train, y_train (the neighbours), x_test, y_test (the queries), knn_error [4] and centroid_error [4] at block1 to block4.
Images are scaled to x / 255. k = 10, cosine similarity, the smallest label where votes tie.
"""
import os
import sys

import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "parity"))
from resnet import ResNet  # noqa: E402

LABELS = np.array([3, 17, 42, 81, 90, 99])
K, SIDE = 10, 24


def draw(rng, patterns, count):
    labels = rng.integers(0, len(LABELS), count)
    # 4x4 blocks of one colour each, so that the file packs well.
    coarse = patterns[labels] + rng.normal(0, 60, (count, 3, SIDE // 4, SIDE // 4))
    images = np.clip(coarse, 0, 255).astype(np.uint8).repeat(4, 2).repeat(4, 3)
    return images, LABELS[labels].astype(np.int64)


def features(model, images):
    taps = {}
    x = model.conv1(torch.from_numpy(images).double() / 255)
    for stage in range(4):
        x = getattr(model, f"layer{stage + 1}")(x)
        if stage < 3:
            taps[f"block{stage + 1}"] = x
    x = torch.relu(model.bn(x))
    taps["block4"] = x
    # block5 pools windows of 4x4, and these images leave maps of 3x3: it is not reached.
    return {name: value.flatten(1).numpy() for name, value in taps.items()}


def unit(rows):
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0)


def knn(train, labels, test, truth):
    similarity = unit(test) @ unit(train).T
    order = np.argsort(-similarity, axis=1, kind="stable")
    ranked = np.take_along_axis(similarity, order, 1)
    gap = (ranked[:, K - 1] - ranked[:, K]).min()
    assert gap > 2e-6, f"the tenth and eleventh neighbour are too close for float32: {gap}"
    votes = [np.bincount(labels[row[:K]]).argmax() for row in order]
    return np.mean(np.array(votes) != truth)


def centroid(train, labels, test, truth):
    classes = np.unique(labels)
    centres = np.stack([unit(train)[labels == c].mean(0) for c in classes])
    scores = unit(test) @ centres.T
    ranked = np.sort(scores, axis=1)
    assert (ranked[:, -1] - ranked[:, -2]).min() > 2e-6
    guess = classes[scores.argmax(1)]
    return np.mean([np.mean(guess[truth == c] != c) for c in np.unique(truth)])


def main():
    golden = np.load(os.path.join(HERE, "..", "parity", "resnet.npz"))
    state = {name[5:]: torch.from_numpy(golden[name]) for name in golden.files if name.startswith("init/")}
    model = ResNet(4, 3, state["linear.weight"].shape[0])
    model.load_state_dict(state, strict=False)
    model.double().eval()
    rng = np.random.default_rng(5)
    patterns = rng.uniform(105, 155, (len(LABELS), 3, SIDE // 4, SIDE // 4))
    x_train, y_train = draw(rng, patterns, 80)
    x_test, y_test = draw(rng, patterns, 60)
    with torch.no_grad():
        train, test = features(model, x_train), features(model, x_test)
    errors = [knn(train[tap], y_train, test[tap], y_test) for tap in train]
    centroids = [centroid(train[tap], y_train, test[tap], y_test) for tap in train]
    print(dict(zip(train, zip(errors, centroids))))
    np.savez_compressed(
        os.path.join(HERE, "transfer.npz"), x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test,
        knn_error=np.array(errors), centroid_error=np.array(centroids))


main()
