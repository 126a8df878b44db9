#!/bin/bash
# What the user of an installed segwork does first, in an empty folder below the home folder: runs the quickstart's
# experiment where it was installed, is told that its data are missing and by which command to make them, gives that command,
# and runs the experiment again. tools/fresh has this done on a bare system.
set -euo pipefail
cd
mkdir empty
cd empty
train() { segwork run /usr/share/segwork/experiments/quickstart.yaml; }

code=0
message=$(train 2>&1) || code=$?
echo "$message"
[[ $code == 2 ]] || { echo "exit code $code without data instead of 2" && exit 1; }
[[ $message =~ \'(segwork data synth [^\']+)\' ]] || { echo "the message names no command that makes the data" && exit 1; }
${BASH_REMATCH[1]}
train
