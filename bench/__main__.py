"""Run the benchmarks: `python -m bench [--quick] [loading] [queries] [hyper] [first_page] [forecasts] [anomalies]`."""

import argparse
from importlib import import_module

NAMES = ("loading", "queries", "hyper", "first_page", "forecasts", "anomalies")


def main() -> None:
    """Run the benchmarks that are named, all by default, and print their tables."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], help="which ones; default: all")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that they run")
    given = parser.parse_args()
    for name in given.names or NAMES:
        import_module(f"bench.{name}").main(quick=given.quick)


if __name__ == "__main__":
    main()
