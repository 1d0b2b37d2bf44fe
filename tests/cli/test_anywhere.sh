#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The experiment `anywhere`, smaller: with convolutional layers it learns digits that lie anywhere, without it does not.
source "$(dirname "$0")/common.sh"
nm -D "$VDIB_LIBRARY" | grep -q __tsan_init && skip "training takes too long under the thread sanitizer"

# accuracy NAME OPTION...: of the test split, after training
accuracy() {
    expect 0 "$VDIB" train anywhere --set data.sensor=52x52 --set data.train_examples=3000 \
        --set data.test_examples=200 --set learning.warmup_examples=200 --set learning.batch_size=8 \
        --examples 5000 --out "$folder/$1" "${@:2}"
    sed -n 's/^ *accuracy *\([0-9.]*\)$/\1/p' "$folder/stdout"
}
hidden=$(accuracy hidden --set 'encoder.layers=[conv16k7s4p3,conv32k5p2m13]')
says stdout "2 x 52 x 52 -> conv16k7s4p3 -> conv32k5p2m13 -> 64 spiking"
none=$(accuracy none --set 'encoder.layers=[]')
awk "BEGIN { exit !($hidden > 0.7 && $hidden > $none + 0.2) }" ||
    fail "accuracy $hidden with hidden layers, $none without"
