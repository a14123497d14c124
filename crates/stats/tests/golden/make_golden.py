"""Makes the reference values of this folder. Tests read the results; nothing in the build runs this.

    python3 make_golden.py

Made with numpy 2.4.6, scipy 1.17.1 and scikit-learn 1.9.1.
"""

import json
import warnings
from pathlib import Path

import numpy as np
from scipy import stats
from sklearn.metrics import accuracy_score, average_precision_score, f1_score, roc_auc_score

HERE = Path(__file__).parent
random = np.random.RandomState(20210503)
warnings.simplefilter("error")


def write(name, value):
    (HERE / name).write_text(json.dumps(value, indent=1) + "\n")


def scored(labels, scores):
    return {
        "labels": labels.tolist(),
        "scores": scores.tolist(),
        "roc_auc": roc_auc_score(labels, scores),
        "average_precision": average_precision_score(labels, scores),
    }


def binary():
    cases = []
    for n, share, levels in [(2, 0.5, 0), (9, 0.4, 0), (40, 0.5, 5), (128, 0.5, 0), (200, 0.1, 12), (60, 0.5, 1), (64, 0.9, 2)]:
        labels = random.uniform(size=n) < share
        labels[0], labels[1] = True, False
        scores = random.normal(size=n) + labels * random.normal()
        if levels:
            scores = np.round(random.uniform(size=n) * (levels - 1))
        cases.append(scored(labels, scores))
    return cases


def multi():
    cases = []
    for classes, n, decimals in [(2, 128, 16), (2, 40, 0), (3, 90, 1), (5, 60, 16)]:
        labels = random.randint(classes, size=n)
        labels[:classes] = range(classes)
        logits = np.round(random.normal(size=(n, classes)) * 2 + np.eye(classes)[labels], decimals)
        logits += 0.3 * random.normal(size=(n, 1)).round(1)
        one_hot = np.eye(classes)[labels]
        predicted = logits.argmax(1)
        cases.append(
            {
                "labels": labels.tolist(),
                "logits": logits.tolist(),
                "macro_auc": roc_auc_score(one_hot, logits, average="macro"),
                "macro_average_precision": average_precision_score(one_hot, logits, average="macro"),
                "predicted": predicted.tolist(),
                "accuracy": accuracy_score(labels, predicted),
                "f1_micro": f1_score(labels, predicted, average="micro"),
            }
        )
    return cases


def summaries():
    cases = []
    for values in [
        random.normal(size=10),
        random.exponential(size=37),
        np.round(random.uniform(size=12) * 4),
        np.array([1e9 + 0.25, 1e9 + 0.5, 1e9 + 1.0]),
        np.array([0.76, 0.81]),
    ]:
        qs = [0, 2.5, 10, 33.3, 50, 75, 97.5, 98.2, 100]
        n = len(values)
        mean, se = np.mean(values), np.std(values, ddof=1) / np.sqrt(n)
        levels = [0.5, 0.9, 0.95, 0.99]
        cases.append(
            {
                "values": values.tolist(),
                "mean": mean,
                "standard_deviation": np.std(values, ddof=1),
                "percentiles": [[q, np.percentile(values, q)] for q in qs],
                "student": [[l, *map(float, stats.t.interval(l, n - 1, loc=mean, scale=se))] for l in levels],
            }
        )
    return cases


def student():
    """Two-sided tail probabilities and central quantiles over a wide range of degrees of freedom."""
    cases = []
    for freedom in [1, 1.5, 2, 3.7, 9, 10, 30, 126, 1000.5, 1e5, 1e7]:
        for t in [1e-9, 1e-5, 0.01, 0.5, 1, 2, 2.262, 5, 12, 40]:
            # With one degree of freedom t is Cauchy; stats.t loses every digit of a tiny t there.
            tail = stats.cauchy.sf(t) if freedom == 1 else stats.t.sf(t, freedom)
            cases.append({"t": t, "freedom": freedom, "p_value": 2 * tail})
    quantiles = [
        {"level": level, "freedom": freedom, "t": stats.t.isf((1 - level) / 2, freedom)}
        for freedom in [1, 2, 3.7, 9, 30, 126, 1000.5, 1e5, 1e7]
        for level in [0.01, 0.5, 0.9, 0.95, 0.99, 0.9999]
    ]
    return {"tails": cases, "quantiles": quantiles}


def correlations():
    cases = []
    for n, slope, decimals in [(3, 1, 16), (10, 0.5, 16), (60, 0.1, 16), (60, -2, 16), (25, 0.4, 0), (180, 3, 1), (400, 0.1, 16)]:
        x = np.round(random.normal(size=n), decimals)
        y = np.round(slope * x + random.normal(size=n), decimals)
        pearson = stats.pearsonr(x, y)
        spearman = stats.spearmanr(x, y)
        case = {
            "x": x.tolist(),
            "y": y.tolist(),
            "pearson": pearson.statistic,
            "pearson_p": pearson.pvalue,
            "spearman": spearman.statistic,
            "spearman_p": spearman.pvalue,
        }
        if n > 3:
            case["fisher"] = [[l, *map(float, pearson.confidence_interval(l))] for l in (0.9, 0.95, 0.99)]
        cases.append(case)
    return cases


def tests():
    welch, wilcoxon = [], []
    for n, m, shift, spread in [(10, 10, 0, 1), (10, 10, 1, 3), (11, 10, 0.3, 0.1), (2, 40, 2, 1), (500, 300, 0.3, 1)]:
        a = random.normal(size=n)
        b = random.normal(size=m) * spread + shift
        result = stats.ttest_ind(a, b, equal_var=False)
        welch.append(
            {"a": a.tolist(), "b": b.tolist(), "t": result.statistic, "freedom": result.df, "p_value": result.pvalue}
        )
    for n, shift in [(5, 0), (10, 0.3), (10, 1.5), (25, 0.2), (50, 0.5)]:
        a = random.normal(size=n)
        b = a + random.normal(size=n) * 0.5 + shift
        result = stats.wilcoxon(a, b, method="exact")
        wilcoxon.append({"a": a.tolist(), "b": b.tolist(), "statistic": result.statistic, "p_value": result.pvalue})
    # With ties the null distribution comes from all 2^n sign flips of the mid-ranks.
    for n in (6, 10, 12):
        difference = np.round(random.normal(size=n) * 2 + 0.7)
        difference[difference == 0] = 3
        flips = stats.PermutationMethod(n_resamples=np.inf)
        result = stats.wilcoxon(difference, np.zeros(n), method=flips)
        wilcoxon.append(
            {
                "a": difference.tolist(),
                "b": [0.0] * n,
                "statistic": result.statistic,
                "p_value": result.pvalue,
            }
        )
    return {"welch": welch, "wilcoxon": wilcoxon}


def bootstraps():
    cases = []
    for values in [random.normal(size=10), random.exponential(size=40), np.round(random.uniform(size=25), 1)]:
        for level in (0.9, 0.95):
            result = stats.bootstrap(
                (values,),
                np.mean,
                n_resamples=400_000,
                confidence_level=level,
                method="percentile",
                rng=np.random.default_rng(1),
                batch=10_000,
            )
            low, high = result.confidence_interval
            cases.append(
                {
                    "values": values.tolist(),
                    "level": level,
                    "low": float(low),
                    "high": float(high),
                    "standard_error": float(result.standard_error),
                }
            )
    return cases


write("classification.json", {"binary": binary(), "multi": multi()})
write("summary.json", summaries())
write("student.json", student())
write("correlation.json", correlations())
write("tests.json", tests())
write("bootstrap.json", bootstraps())
