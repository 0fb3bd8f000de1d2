#!/usr/bin/env bash
# Checks and unit-tests the alert rules with promtool: that of the PATH, else the one that the tests
# have unpacked (promtool.ts). Exit 0 right, 1 wrong, 2 could not run.
set -euo pipefail
cd "$(dirname "$0")"
PATH="$PATH:$PWD/../../.local/tools/prometheus/usr/bin"

if ! command -v promtool >/dev/null; then
  echo 'Expected promtool on the PATH; found none. Install it: apt-get install prometheus' >&2
  exit 2
fi
promtool check rules alerts.yml && promtool test rules alerts_test.yml || exit 1
