# What the gate and the full run share: where they run, their headlines, their tools, their tests.
# Sourced, never run.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec </dev/null 2>&1 # Nothing asks a question, and one stream keeps the lines in their order.

target=${CARGO_TARGET_DIR:-target}

# A fresh clone gains nothing from incremental builds, and they double what is written.
[[ -z ${CI:-} ]] || export CARGO_INCREMENTAL=0

# Larger real data sets, for tests that want them. Without them everything still passes.
if [[ -z ${HEADWATER_DATA:-} && -d ../shared/data ]]; then
  HEADWATER_DATA=$(cd ../shared/data && pwd)
  export HEADWATER_DATA
fi

fail() {
  printf '%s\n' "$*"
  exit 1
}

step_name='' step_start=0

on_exit() {
  local status=$?
  [[ $status -eq 0 || -z $step_name ]] ||
    printf '<== %s: FAILED after %d s (exit %d)\n' "$step_name" $((SECONDS - step_start)) "$status"
}
trap on_exit EXIT

headline() { # NAME
  step_name=$1 step_start=$SECONDS
  printf '\n==> %s (at %d s)\n' "$step_name" "$SECONDS"
}

# Runs one step under its headline. A step that fails ends the script.
step() { # NAME COMMAND...
  headline "$1"
  "${@:2}"
  printf '<== %s: ok, %d s\n' "$1" $((SECONDS - step_start))
  step_name=''
}

# A command that hangs is a failure, not a wait.
limit() { # SECONDS COMMAND...
  timeout --kill-after=15 "$@"
}

tools() {
  if ! command -v "${CC:-cc}" >/dev/null; then # Links every crate, and compiles the bundled SQLite.
    [[ $(id -u) -eq 0 ]] && command -v apt-get >/dev/null || fail 'a C compiler is needed: install gcc or clang'
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends gcc libc6-dev
  fi
  if ! { cargo fmt --version && cargo clippy --version; } >/dev/null; then
    rustup component add rustfmt clippy
  fi
  rustc --version
  "${CC:-cc}" --version | sed -n 1p
}

# The rooms that threads meet in, through every interleaving. A build of its own: its primitives are others.
models() {
  RUSTFLAGS='--cfg headwater_loom' CARGO_TARGET_DIR=$target/loom \
    limit 1800 cargo test --locked --profile checked --lib flow::models -- --nocapture
}

# The whole engine, through many schedules of its threads.
schedules() {
  RUSTFLAGS='--cfg headwater_shuttle' CARGO_TARGET_DIR=$target/shuttle \
    limit 3600 cargo test --locked --profile checked --test schedules -- --nocapture
}

# What plain SQLite answers, in the release profile: there the public suites run in full if they are here,
# and a debug build runs a sample of them. The last lines have the counts.
answers() {
  cargo test --locked --release --all-features --test answers --no-run
  limit 900 cargo test --locked --release --all-features --test answers -- --nocapture
}

# Every test but the doc tests, under nextest where it is installed. The runner's summary comes last.
run_tests() { # [CARGO ARGUMENT...]
  if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --workspace --all-features --no-tests fail "$@"
  else
    limit 1800 cargo test --workspace --all-features --lib --bins --tests --no-fail-fast "$@"
  fi
}
