"""Makes groups.json: groups of models compared, by SciPy and pingouin. Nothing in the build runs this.

    python3 make_groups.py

Made with numpy 2.4.6, scipy 1.17.1 and pingouin 0.7.0.
"""

import json
import warnings
from pathlib import Path

import numpy as np
import pingouin
from scipy import stats

random = np.random.RandomState(20221204)
warnings.simplefilter("ignore")

# heatmap-loss: the overlap of maps with heart and marker of each model, from the authors' results, sorted.
PUBLISHED = {
    "first_cross_entropy": "0.1609 0.2344 0.2404 0.2412 0.2425 0.2437 0.2459 0.2515 0.2579 0.2593 0.2600 0.2671 0.2684 0.2700 "
    "0.2701 0.2708 0.2725 0.2727 0.2751 0.2760 0.2782 0.2784 0.2844 0.2851 0.2863",
    "first_heatmap": "0.5821 0.7078 0.7219 0.7394 0.7448 0.7524 0.7653 0.7774 0.7841 0.8048 0.8086 0.8094 0.8179 0.8278 0.8303 "
    "0.8408 0.8472 0.8481 0.8529 0.8539 0.8593 0.8610 0.8629",
    "second_cross_entropy": "0.2448 0.2466 0.2472 0.2480 0.2489 0.2500 0.2509 0.2510 0.2511 0.2513 0.2537 0.2539 0.2558 0.2561 "
    "0.2562 0.2566 0.2589 0.2602 0.2607 0.2624 0.2631 0.2665 0.2672",
    "second_heatmap": "0.6364 0.6766 0.7259 0.7297 0.7358 0.7417 0.7488 0.7724 0.8138 0.8145 0.8158 0.8240 0.8338 0.8373 0.8397 "
    "0.8447 0.8475 0.8475 0.8482 0.8497 0.8516 0.8782",
    "marker_cross_entropy": "2.98e-5 3.04e-5 3.14e-5 3.16e-5 3.31e-5 3.60e-5 3.61e-5 4.48e-5 5.08e-5 5.21e-5 5.32e-5 5.73e-5 "
    "6.32e-5 6.40e-5 1.31e-4 1.52e-4 1.55e-4 1.73e-4 1.81e-4 2.20e-4 4.72e-4 4.89e-4 1.56e-3",
    "marker_heatmap": "0 0 1.51e-13 1.79e-12 3.85e-11 7.82e-11 1.07e-10 2.21e-10 2.97e-10 3.66e-10 5.31e-10 6.63e-10 1.77e-9 "
    "3.08e-9 7.48e-8 1.09e-7 1.60e-7 1.70e-7 1.95e-7 6.35e-7 8.40e-7 0.0187",
}


def pair(a, b):
    found = stats.mannwhitneyu(a, b, alternative="two-sided", method="asymptotic", use_continuity=True)
    effect = pingouin.mwu(a, b).iloc[0]
    return {
        "a": list(map(float, a)),
        "b": list(map(float, b)),
        "u": float(found.statistic),
        "p": float(found.pvalue),
        "rank_biserial": float(effect["RBC"]),
        "common_language": float(effect["CLES"]),
        "cohens_d": float(pingouin.compute_effsize(a, b, eftype="cohen")),
    }


def pairs():
    published = {name: np.array([float(text) for text in values.split()]) for name, values in PUBLISHED.items()}
    cases = [
        pair(published["first_cross_entropy"], published["first_heatmap"]),
        pair(published["second_cross_entropy"], published["second_heatmap"]),
        pair(published["marker_cross_entropy"], published["marker_heatmap"]),
    ]
    for m, n, digits in [(2, 3, 9), (5, 5, 0), (8, 3, 1), (30, 50, 1), (200, 150, 9)]:
        cases.append(pair(np.round(random.normal(0.3, 1, m), digits), np.round(random.normal(0.0, 1.5, n), digits)))
    return cases


def single():
    cases = []
    for n in [3, 4, 5, 6, 7, 11, 12, 13, 25, 50, 200]:
        for draw in [random.normal, random.exponential, random.uniform]:
            values = draw(size=n)
            found = stats.shapiro(values)
            cases.append({"values": values.tolist(), "w": float(found.statistic), "p": float(found.pvalue)})
    return cases


published = {name: [float(text) for text in values.split()] for name, values in PUBLISHED.items()}
cases = {"published": published, "pairs": pairs(), "single": single()}
Path(__file__).with_name("groups.json").write_text(json.dumps(cases) + "\n")
