"""Reference spectra, ranks, neighbour errors and active units from numpy in float64, by singular value decomposition and full sorts.

Writes beside itself: small feature files in many types and orders, and what must come out of them.
Run with Debian's numpy:  /usr/bin/python3 tests/golden/analysis/make.py
"""

import json
import pathlib

import numpy as np

HERE = pathlib.Path(__file__).parent
SHARES = [0.99, 0.95, 0.9, 0.85, 0.5]
random = np.random.Generator(np.random.PCG64(2305_16292))


def features(examples, dimensions, decay=0.85, offset=0.0):
    """Gaussian directions of geometrically decaying strength."""
    return random.standard_normal((examples, dimensions)) * decay ** np.arange(dimensions) @ random.standard_normal((dimensions, dimensions)) + offset


def centered(matrix, centering):
    if centering == "example":
        return matrix - matrix.mean(axis=1, keepdims=True)
    if centering == "feature":
        return matrix - matrix.mean(axis=0, keepdims=True)
    return matrix


def rank(values, share):
    """#{k: cumulated <= share * total} + 1; 0 where there is nothing."""
    squares = values**2
    if squares.sum() == 0:
        return 0
    shares = np.cumsum(squares) / squares.sum()
    assert abs(shares - share).min() > 1e-9, "too near a boundary to be a test of anything but rounding"
    return int((shares <= share).sum()) + 1


def spectra():
    tall, wide = features(60, 20), features(20, 60)
    once = features(8, 30)
    low = features(40, 5) @ random.standard_normal((5, 25))
    cases = {
        "tall_float64": tall,
        "wide_float64": wide,
        "square_float64": features(24, 24),
        "tall_float32": tall.astype("<f4"),
        "wide_float32": wide.astype("<f4"),
        "tall_float16": tall.astype("<f2"),
        "wide_float16": wide.astype("<f2"),
        "tall_fortran": np.asfortranarray(tall),
        "wide_fortran_float32": np.asfortranarray(wide.astype("<f4")),
        "tall_big_endian": tall.astype(">f8"),
        "wide_big_endian_float32": wide.astype(">f4"),
        "integers": np.round(10 * tall).astype("<i4"),
        "images": features(12, 48).astype("<f4").reshape(12, 3, 4, 4),
        "images_fortran": np.asfortranarray(features(30, 24).reshape(30, 2, 3, 4)),
        "tall_offset_1e6": features(60, 20, offset=1e6),
        "wide_offset_1e6": features(20, 60, offset=1e6),
        "offset_1e6_float32": features(60, 20, offset=1e6).astype("<f4"),
        "duplicate_examples": np.repeat(once, 6, axis=0),
        "duplicate_features": np.tile(features(30, 8), (1, 6)),
        "low_rank": low,
        "one_example": features(1, 30),
        "one_feature": features(30, 1),
        "zero": np.zeros((10, 6), "<f4"),
        "zero_wide": np.zeros((6, 10)),
        "constant_examples": np.repeat(features(16, 1), 6, axis=1),
        "constant_features": np.repeat(features(1, 6), 16, axis=0),
    }
    expected = []
    for name, matrix in cases.items():
        np.save(HERE / f"{name}.npy", matrix)
        flat = matrix.reshape(len(matrix), -1).astype(np.float64)
        for centering in ["none", "example", "feature"]:
            x = centered(flat, centering)
            values = np.linalg.svd(x, compute_uv=False)
            # What is left of equal numbers after their mean is subtracted is rounding; the true values are zero.
            if values[0] <= 1e-14 * np.linalg.norm(flat):
                values[:] = 0
            expected.append({
                "file": f"{name}.npy",
                "centering": centering,
                "total_variance": float((x**2).sum() / len(x)) if values[0] else 0.0,
                "singular_values": values.tolist(),
                "rank": {str(share): rank(values, share) for share in SHARES},
            })
    return expected


def neighbours():
    classes, dimensions = 4, 12
    centres = 1.2 * random.standard_normal((classes, dimensions))
    train_labels, test_labels = random.integers(0, classes, 90), random.integers(0, classes - 1, 50)
    train = (centres[train_labels] + random.standard_normal((90, dimensions))).astype("<f4")
    test = (centres[test_labels] + random.standard_normal((50, dimensions))).astype("<f4")
    train[10:20] = train[0:10]  # equal similarities with other labels: the earlier example comes first
    train[30] = train[31] = test[7] = 0
    np.savez(HERE / "neighbours.npz", train=train, train_labels=train_labels, test=test, test_labels=test_labels.astype("<i4"))

    def unit(x):
        x = x.astype(np.float64)
        norm = np.linalg.norm(x, axis=1, keepdims=True)
        return np.divide(x, norm, out=np.zeros_like(x), where=norm > 0)

    similarity = np.round(unit(test) @ unit(train).T, 12)
    order = np.argsort(-similarity, axis=1, kind="stable")
    centroids = np.stack([unit(train)[train_labels == c].mean(axis=0) for c in range(classes)])
    by_centroid = (unit(test) @ centroids.T).argmax(axis=1)
    wrong = by_centroid != test_labels
    expected = {
        "neighbours": order[:, :10].tolist(),
        "centroid_predictions": by_centroid.tolist(),
        "centroid_error": float(np.mean([wrong[test_labels == c].mean() for c in np.unique(test_labels)])),
        "knn": {},
    }
    for k in [1, 2, 10, 90]:
        votes = [np.bincount(train_labels[row[:k]]).argmax() for row in order]
        expected["knn"][str(k)] = {"predictions": [int(v) for v in votes], "error": float(np.mean(votes != test_labels))}
    return expected


def activations():
    """Density and active units as the published program counts them, unit by unit."""
    n, d = 300, 40
    x = np.maximum(random.standard_normal((n, d)) - 0.5, 0)
    x[:, 3] = 0  # dead
    x[:, 7] = 0.25  # alive, never changes
    x[:, 11] = 3 * x[:, 2]  # equal but for scale
    x[:, 20] = x[:, 2] + 0.01 * random.standard_normal(n).clip(0)
    x[:, 25] = np.where(np.arange(n) < 3, 5.0, 0)  # active on exactly 1 % of the examples
    x[:, 26] = np.where(np.arange(n) < 15, 5.0, 0)  # on exactly 5 %
    x[:, 27] = np.where(np.arange(n) < 30, 5.0, 0)  # on exactly 10 %
    x[:, 28] = np.where(np.arange(n) < 31, 0.2, 0)  # on more, but below the threshold
    signed = features(60, 12).astype("<f4")
    signed[:, 5] = -signed[:, 4]
    expected = []
    for name, matrix in {"activations": x.astype("<f4"), "signed_activations": signed}.items():
        np.save(HERE / f"{name}.npy", matrix)
        positive = matrix > 0
        threshold = 0.05 * matrix.max()
        active = matrix > threshold
        case = {
            "file": f"{name}.npy",
            "density": float(positive.mean()),
            "dead": int((~positive.any(axis=0)).sum()),
            "threshold": float(threshold),
            "active_density": float(active.mean()),
            "active": [int((100 * active.sum(axis=0) > percent * len(matrix)).sum()) for percent in [0, 1, 5, 10]],
            "distinct": {},
        }
        for limit in [0.95, 0.5, 0.05]:
            left = [i for i in range(matrix.shape[1]) if positive[:, i].any()]
            with np.errstate(invalid="ignore"):
                correlation = np.abs(np.corrcoef(matrix[:, left].astype(np.float64), rowvar=False))
            here = list(range(len(left)))
            for i in range(len(left)):
                if any(correlation[i, j] > limit for j in here if j != i):
                    here.remove(i)
            case["distinct"][str(limit)] = {"density": float(positive[:, [left[i] for i in here]].sum() / matrix.size), "correlated": matrix.shape[1] - len(here)}
        expected.append(case)
    return expected


if __name__ == "__main__":
    document = {
        "made_by": f"tests/golden/analysis/make.py, numpy {np.__version__}",
        "spectra": spectra(),
        "neighbours": neighbours(),
        "activations": activations(),
    }
    (HERE / "expected.json").write_text(json.dumps(document, separators=(",", ":")).replace('{"file"', '\n{"file"') + "\n")
