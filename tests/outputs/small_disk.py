"""Commands on a disk that is full soon."""

import subprocess
import sys
from pathlib import Path


def on_small_disk(mounted: str, folder: Path, path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command where a tmpfs is mounted on ``folder``, seen by it alone; list what is beside ``path`` then."""
    script = 'mount -t tmpfs -o "$0" tmpfs "$1" && mkdir -p "$(dirname "$2")" && echo before > "$2" && '
    script += 'out="$2" && shift 2 && "$@"; status=$?; ls -A "$(dirname "$out")"; head -c 100 "$out"; exit $status'
    command = [sys.executable, "-m", "pipeline", *words, "--out", str(path)]
    return subprocess.run(  # noqa: S603 - our own command
        ["unshare", "--mount", "sh", "-c", script, mounted, str(folder), str(path), *command],  # noqa: S607 - where the system has it
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=300,
    )
