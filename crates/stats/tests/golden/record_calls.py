"""Records the calls that the tests of SciPy and scikit-learn make, with the results that they get.

    pip install scipy==1.17.1 scikit-learn==1.9.1 pytest hypothesis
    python3 record_calls.py

Writes calls.json beside this file. Nothing in the build runs this. The tests of both libraries come in their
wheels; they run with the functions below wrapped, and a call is kept where it is in the contract of this
project: plain lists of finite numbers, not too long, without weights, options or missing values. The number of
calls that were left out stands in the file by reason.
"""

import importlib
import json
import pathlib
import sys

import numpy as np
import pytest
import scipy
import scipy.stats as stats
import sklearn
import sklearn.metrics as metrics

HERE = pathlib.Path(__file__).parent
LONGEST = 150
kept = {name: [] for name in ["pearson", "spearman", "ranks", "welch", "auc", "precision"]}
left_out = {}
seen = set()


def leave(name, reason):
    key = f"{name}: {reason}"
    left_out[key] = left_out.get(key, 0) + 1


def plain(values):
    """The values as a list of floats, or the reason why they are none of the contract."""
    if isinstance(values, np.ma.MaskedArray):
        return None, "masked"
    try:
        array = np.asarray(values)
    except Exception:
        return None, "no array"
    if array.dtype.kind not in "biuf":
        return None, "not real numbers"
    if array.dtype.itemsize < 8 and array.dtype.kind == "f":
        return None, "single precision"
    if array.ndim != 1:
        return None, "not one list"
    if len(array) > LONGEST:
        return None, "too long"
    if array.dtype.itemsize > 8:
        return None, "more than double precision"
    array = array.astype(float)
    if not np.isfinite(array).all():
        return None, "not finite"
    return array.tolist(), None


def keep(name, lists, numbers):
    if not all(np.isfinite(number) for number in np.ravel(numbers)):
        return leave(name, "no finite result")
    case = {**lists, **{key: value for key, value in zip(("result", "p_value"), numbers)}}
    text = json.dumps(case)
    if text not in seen:
        seen.add(text)
        kept[name].append(case)


def two_lists(name, x, y, options, result):
    if options:
        return leave(name, "options")
    (x, one), (y, other) = plain(x), plain(y)
    if one or other:
        return leave(name, one or other)
    keep(name, {"x": x, "y": y}, (float(result.statistic), float(result.pvalue)))


def wrap(module, function, record):
    original = getattr(module, function)

    def wrapped(*positional, **named):
        result = original(*positional, **named)
        try:
            record(positional, named, result)
        except Exception as error:
            leave(function, f"{type(error).__name__}")
        return result

    wrapped.__name__, wrapped.__doc__ = original.__name__, original.__doc__
    for holder in list(sys.modules.values()):
        if getattr(holder, "__name__", "").startswith(("scipy.stats", "sklearn.metrics")):
            for name, value in list(vars(holder).items()):
                if value is original:
                    setattr(holder, name, wrapped)


# Options that say what holds without them.
DEFAULTS = {
    "alternative": ["two-sided"],
    "nan_policy": ["propagate"],
    "method": [None, "average"],
    "axis": [None, 0],
    "average": ["macro"],
    "sample_weight": [None],
    "multi_class": ["raise", "ovr"],
    "max_fpr": [None],
}


def without_defaults(named):
    """The options that change the result."""
    return {
        key: value
        for key, value in named.items()
        if not (key in DEFAULTS and (value is None or isinstance(value, (str, int))) and value in DEFAULTS[key])
    }


def pair_of(positional, named):
    names = dict(zip("xy", positional[:2]))
    given = {key: named[key] for key in ("x", "y", "a", "b") if key in named}
    pair = [*names.values(), *given.values()]
    return (pair if len(pair) == 2 else None), {
        key: value for key, value in without_defaults(named).items() if key not in ("x", "y", "a", "b")
    }


def correlation(name):
    def record(positional, named, result):
        pair, options = pair_of(positional, named)
        if len(positional) > 2 or pair is None:
            return leave(name, "options or one argument")
        two_lists(name, *pair, options, result)

    return record


def ranks(positional, named, result):
    named = without_defaults(named)
    if named or len(positional) != 1:
        return leave("ranks", "options")
    values, reason = plain(positional[0])
    if reason:
        return leave("ranks", reason)
    if values:
        keep("ranks", {"x": values}, (np.asarray(result).tolist(),))


def welch(positional, named, result):
    named = without_defaults(named)
    if len(positional) != 2 or named != {"equal_var": False}:
        return leave("welch", "options")
    two_lists("welch", *positional, {}, result)


def ranking(name):
    def record(positional, named, result):
        named = without_defaults(named)
        positional = [*positional, *(named.pop(key) for key in ("y_true", "y_score") if key in named)]
        if named or len(positional) != 2:
            return leave(name, "options")
        (labels, one), (scores, other) = plain(positional[0]), plain(positional[1])
        if one or other:
            return leave(name, one or other)
        values = sorted(set(labels))
        if len(values) != 2:
            return leave(name, "not two classes")
        keep(name, {"labels": [label == values[1] for label in labels], "scores": scores}, (float(result),))

    return record


RECORDS = [
    (stats, "pearsonr", correlation("pearson")),
    (stats, "spearmanr", correlation("spearman")),
    (stats, "rankdata", ranks),
    (stats, "ttest_ind", welch),
    (metrics, "roc_auc_score", ranking("auc")),
    (metrics, "average_precision_score", ranking("precision")),
]


class Plugin:
    @pytest.fixture
    def global_random_seed(self):
        return 42

    def pytest_collection_finish(self, session):
        for module, function, record in RECORDS:
            wrap(module, function, record)


def more(path):
    """SciPy's tests take fixtures from its own conftest, which pytest does not find outside its repository."""
    return ["-p", "scipy.conftest"] if "scipy" in path else []


def main():
    places = ["scipy.stats.tests.test_stats", "sklearn.metrics.tests.test_ranking"]
    files = [importlib.util.find_spec(place).origin for place in places]
    names = "earson or pearman or Correlation or rank or ttest or Ttest or auc or roc or precision"
    for path in files:
        pytest.main(["-q", "-p", "no:cacheprovider", *more(path), "-k", names, path], plugins=[Plugin()])
    versions = {"scipy": scipy.__version__, "scikit-learn": sklearn.__version__, "numpy": np.__version__}
    value = {"versions": versions, "left_out": dict(sorted(left_out.items())), **kept}
    lines = [f'"versions": {json.dumps(versions)}', f'"left_out": {json.dumps(value["left_out"])}']
    for name, cases in kept.items():
        cases = sorted(cases, key=json.dumps)
        lines.append(f'"{name}": [\n' + ",\n".join(json.dumps(case) for case in cases) + "\n]")
    (HERE / "calls.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print({name: len(cases) for name, cases in kept.items()}, left_out)


main()
