#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Published data sets, small, in the layouts and names in which they are downloaded, train without a further option:
# from self-made bytes, and from parts of real files where VDIB_TEST_DATA names the folder of them.
source "$(dirname "$0")/common.sh"
command -v python3 >/dev/null || skip "python3 is missing: scripts/install-dependencies --tests"

# trains FOLDER TEXT...: it trains and is evaluated, and the notes say the texts.
trains() {
    local data=$1
    shift
    expect 0 "$VDIB" train classify --data "$data" --examples 32 --out "$folder/run"
    says stdout "trained on 32 examples" "rates rise over the first 8 of 32 examples, a quarter" "accuracy" "$@"
    grep -q "recordings are lost" "$folder/stdout" && fail "$data: recordings are lost"
    expect 0 "$VDIB" eval "$folder/run" --json
    says stdout '"accuracy"'
    rm -r "$folder/run"
}

all() { # all FOLDER: every data set in it
    trains "$1/nmnist" "34 x 34 pixels" "15 train, 1 validation, 4 test"
    trains "$1/mnist_dvs" "128 x 128 pixels" "15 train, 1 validation, 4 test" "laid out as MNIST-DVS" \
        "time counts from the first event of each" "a step is" \
        "MNIST-DVS: the 20 recordings of scale 4 are read, 20 of larger scales are not"
    trains "$1/mnist_dvs_flat" "15 train, 1 validation, 4 test" "laid out as MNIST-DVS"
    trains "$1/cifar10_dvs" "128 x 128 pixels" "9 train, 1 validation, 10 test" "laid out as CIFAR10-DVS" \
        "CIFAR10-DVS: nothing says which recordings are for testing"
    trains "$1/DvsGesture" "128 x 128 pixels" "3 train, 3 validation, 3 test" "laid out as DVS Gesture" "3 classes"
    trains "$1/DVSGesture" "128 x 128 pixels" "11 train, 11 validation, 11 test" "laid out as DVS Gesture in arrays" \
        "11 classes" "taken for milliseconds"
    trains "$1/ncars" "120 x 100 pixels" "10 train, 2 validation, 4 test" "laid out as N-Cars" "2 classes"
    for data in N-Caltech101 renamed; do
        trains "$1/$data" "12 train, 4 validation, 4 test" "laid out as N-Caltech101" "4 classes"
    done
}

# SHD as it comes from the web: each file in gzip or ZIP, unpacked once; and in a tar, whose first file is no HDF5 file.
trains_packed() {
    local part
    export VDIB_CACHE=$folder/cache
    mkdir "$folder/gz" "$folder/zip"
    for part in train test; do
        gzip -c "$folder/real/shd/shd_$part.h5" >"$folder/gz/ssc_$part.h5.gz"
        (cd "$folder/real/shd" && python3 -m zipfile -c "$folder/zip/shd_$part.h5.zip" "shd_$part.h5")
    done
    cp "$folder/real/shd/shd_train.h5" "$folder/gz/ssc_train.h5" # unpacked, beside the packed one
    trains "$folder/gz" "700 x 1 pixels" "3 train, 1 validation, 4 test"
    rm "$folder/gz/ssc_train.h5"
    tar -C "$folder/real/shd" -cf "$folder/shd.tar" shd_train.h5 shd_test.h5
    for data in gz zip shd.tar; do
        trains "$folder/$data" "700 x 1 pixels" "3 train, 1 validation, 4 test" "where later runs find them"
    done
    [[ $(find "$folder/cache" -name "unpacked-*.file" | wc -l) -eq 2 ]] || fail "HDF5 files were not unpacked once"
    expect 0 "$VDIB" info "$folder/gz/ssc_train.h5.gz#1"
    says stdout "format hdf5-shd" "recording     1 of 0 to 3" "  unpacked      " " bytes, in the cache folder"
    tar -C "$folder/real/shd" -cf "$folder/one.tar" shd_train.h5
    expect 0 "$VDIB" info "$folder/one.tar#1"
    says stdout "format hdf5-shd" "recording     1 of 0 to 3"
    head -c 3000 "$folder/gz/ssc_train.h5.gz" >"$folder/gz/cut_train.h5.gz"
    refuses 1 "$folder/gz/cut_train.h5.gz (unpacked): |fetch it again" "$VDIB" info "$folder/gz/cut_train.h5.gz"
    [[ $(find "$folder/cache" -name "unpacked-*" | wc -l) -eq 6 ]] || fail "a cut file was kept"
}

python3 "$VDIB_SOURCE/tests/cli/layouts.py" "$folder/made"
all "$folder/made"
expect 0 "$VDIB" info "$folder/made/DvsGesture" --manifest "$folder/made/DvsGesture/list.csv"
[[ $(grep -c "user24_lab.aedat,test,hand clapping,,0," "$folder/made/DvsGesture/list.csv") -eq 1 ]] ||
    fail "the manifest of DVS Gesture has no example from the first event on"

# What is wrong in a published layout is named.
gesture=$folder/made/DvsGesture
printf 'user24_lab.aedat\n\nuser99_led.aedat\n' >"$gesture/trials_to_test.txt"
refuses 1 "trials_to_test.txt: line 3: names 'user99_led.aedat', which is not in the folder" "$VDIB" info "$gesture"
printf 'user24_lab.aedat\nuser02_led.aedat\n' >"$gesture/trials_to_test.txt"
refuses 1 "trials_to_test.txt: line 2: 'user02_led.aedat' is listed before, here or in trials_to_train.txt" \
    "$VDIB" info "$gesture"
printf 'user24_lab.aedat\n' >"$gesture/trials_to_test.txt"
cp "$gesture/user02_led.aedat" "$gesture/user03_led.aedat"
cp "$gesture/user02_led_labels.csv" "$gesture/user03_led_labels.csv"
expect 0 "$VDIB" info "$gesture"
says stdout "trials_to_test.txt names, which are not read: 1, first user03_led.aedat"
rm "$gesture"/user03_led*
for list in trials_to_train.txt trials_to_test.txt; do
    mv "$gesture/$list" "$folder/$list"
    refuses 1 "has recordings and labels of DVS Gesture, but no $list; fetch it" "$VDIB" info "$gesture"
    mv "$folder/$list" "$gesture/$list"
done
printf 'class,startTime_usec,endTime_usec\n1,80000000,80300000\n12,80300000,80600000\n' \
    >"$gesture/user24_lab_labels.csv"
refuses 1 "user24_lab_labels.csv: line 3: '12,80300000,80600000' is no class from 1 to 11" "$VDIB" info "$gesture"
printf '1,80000000,80300000\n2,80600000,80300000\n' >"$gesture/user24_lab_labels.csv"
refuses 1 "user24_lab_labels.csv: line 2: '2,80600000,80300000' is no class" "$VDIB" info "$gesture"
rm "$gesture/user24_lab_labels.csv"
refuses 1 "user24_lab.aedat: its labels, user24_lab_labels.csv, are not there" "$VDIB" info "$gesture"
: >"$gesture/trials_to_test.txt"
refuses 1 "trials_to_test.txt: leads to no labelled example" "$VDIB" info "$gesture"
# Somebody's own order of the same files stands above their names.
for file in "$folder"/made/mnist_dvs_flat/*/*.aedat; do
    digit=$(basename "$(dirname "$file")")
    part=$([[ $file == *_000?.aedat ]] && echo Test || echo Train) # published: for training
    mkdir -p "$folder/own/$part/$digit" "$folder/named/digit-$((digit % 2 ? 1 : 0))-odd"
    cp "$file" "$folder/own/$part/$digit"
    cp "$file" "$folder/named/digit-$((digit % 2 ? 1 : 0))-odd"
done
expect 0 "$VDIB" info "$folder/own"
grep -q "^ *all  .* 16$" "$folder/stdout" || fail "the folder Test is not the test split"
grep -q "laid out as MNIST-DVS" "$folder/stdout" && fail "folders Train and Test are not followed"
expect 0 "$VDIB" info "$folder/named"
says stdout "digit-1-odd"
# Classes of CIFAR10-DVS with Train and Test inside are not two classes of these names.
for class in "$folder"/made/cifar10_dvs/*; do
    mkdir -p "$folder/inside/$(basename "$class")"/{train,test}
    cp "$class"/*_0.aedat "$folder/inside/$(basename "$class")/train"
    cp "$class"/*_1.aedat "$folder/inside/$(basename "$class")/test"
done
expect 0 "$VDIB" info "$folder/inside"
says stdout "Train and Test inside" airplane truck

rm "$folder"/made/mnist_dvs/*/scale4/*
expect 0 "$VDIB" info "$folder/made/mnist_dvs"
says stdout "laid out as MNIST-DVS"
grep -q "larger scales" "$folder/stdout" && fail "recordings of one scale are said to be of several"
arrays=$folder/made/DVSGesture
: >"$arrays/ibmGestureTest/user24_lab/11.npy"
: >"$arrays/ibmGestureTest/readme.txt"
expect 0 "$VDIB" info "$arrays"
says stdout "2 files not named N.npy, N from 0 to 10, are not read, the first is" "right arm counter clockwise"
rm "$arrays"/ibmGestureTest/user24_lab/?.npy "$arrays/ibmGestureTest/user24_lab/10.npy"
refuses 1 "ibmGestureTest: holds no recordings userNN_LIGHT/N.npy" "$VDIB" info "$arrays"
rm -r "$arrays/ibmGestureTest"
refuses 1 "has ibmGestureTrain, but no ibmGestureTest; fetch it" "$VDIB" info "$arrays"

if [[ -z ${VDIB_TEST_DATA:-} ]]; then
    echo "VDIB_TEST_DATA is not set: real files, and those of HDF5, are not tested"
    exit 0
fi
python3 "$VDIB_SOURCE/tests/cli/layouts.py" "$folder/real" "$VDIB_TEST_DATA"
all "$folder/real"
if "$VDIB" info "$folder/real/shd/shd_train.h5" >/dev/null 2>&1; then
    trains "$folder/real/shd" "700 x 1 pixels" "3 train, 1 validation, 4 test" "the spikes have no polarity" "a step is"
    trains_packed
    cp "$folder/real/shd/shd_test.h5" "$folder/real/shd/ssc_test.h5"
    refuses 1 "holds several files for one split; keep those of one data set" "$VDIB" info "$folder/real/shd"
else
    echo "HDF5 files cannot be read here: SHD is not tested"
fi
