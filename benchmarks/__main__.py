"""Runs every benchmark of the table in turn, or the one that is named.

    python -m benchmarks            all of them
    python -m benchmarks batches    one

A benchmark is a module of this package with ``main()``, which prints its own lines and returns
whether every target was met. Each runs in a process of its own, so that none inherits what another
has imported or warmed up. The exit code is 0 when all targets were met.
"""

import importlib
import subprocess
import sys

# module: what it measures
BENCHMARKS = {
    "batches": "images/s of our batches, of Keras layers in tf.data, and of ImageDataGenerator",
    "features": "images/s through each frozen backbone: ours, bare predict loops, XLA",
    "heads": "six heads from stored features against six trainings through the frozen network",
    "training_step": "steps/s of a run's own loop against the same model on one constant batch",
    "kills": "a run whose worker is killed 20 times against the same run left alone",
    "pages": "seconds to the pages that read runs, with 1,217 and with 20,000 validation images",
    "slider": "ms from a key on the threshold slider to new figures and charts in a browser",
    "prediction": "ms of a warm prediction: the bare model, through the helper, with a map",
    "refusal": "what is refused of photographs, charts, noise, blanks, turned X-rays, and falsely",
    "folder": "images/s of a folder predicted from its files, and of `model.predict` at batch 32",
    "pointing": "whether heat maps point at the drawn lesion, against shuffled heads",
    "first_page": "seconds from `streamlit run` to the first page, with and without TensorFlow",
}


def main(arguments: list[str]) -> int:
    """Run the benchmarks that ``arguments`` name (none: all) and give the exit code."""
    unknown = [name for name in arguments if name not in BENCHMARKS]
    if unknown:
        print(f"No benchmark '{unknown[0]}'; there are: {', '.join(BENCHMARKS)}.", file=sys.stderr)
        return 2
    if len(arguments) == 1:
        return 0 if importlib.import_module(f"benchmarks.{arguments[0]}").main() else 1
    missed = 0
    for name in arguments or BENCHMARKS:
        print(f"\n{name}: {BENCHMARKS[name]}", flush=True)
        missed |= subprocess.run([sys.executable, "-m", "benchmarks", name], check=False).returncode
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
