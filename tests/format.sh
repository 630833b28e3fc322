#!/usr/bin/env bash
# Is every source as .clang-format wants it? Skipped where clang-format is not installed.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v clang-format >/dev/null || exit 77
git ls-files '*.c' '*.h' | xargs clang-format --dry-run -Werror
