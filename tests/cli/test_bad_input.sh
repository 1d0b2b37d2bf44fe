#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Bad input ends with one clear line that names the file and the remedy, and nothing on disk is lost or half-written.
source "$(dirname "$0")/common.sh"
out=$folder/out

# rejects CODE TEXTS TRAIN-ARGUMENTS...: training refuses, and leaves no run behind.
rejects() {
    local code=$1 wanted=$2
    shift 2
    refuses "$code" "$wanted" "$VDIB" train "$@" --out "$out"
    [[ ! -e $out ]] || fail "a refused run left $out"
}

# Paths.
rejects 1 "$folder/missing" published/dvs --data "$folder/missing"
rejects 1 "$folder/missing" published/dvs --images "$folder/missing"
rejects 2 "$folder/missing.yaml" "$folder/missing.yaml"
refuses 1 "$folder/missing" "$VDIB" eval "$folder/missing"
refuses 1 "$folder/missing" "$VDIB" info "$folder/missing"
refuses 1 "$folder/missing" "$VDIB" report "$folder/missing"
refuses 1 "$folder/missing" "$VDIB" train --resume "$folder/missing"
mkdir "$folder/empty"
refuses 1 "$folder/empty|run" "$VDIB" train --resume "$folder/empty"
refuses 1 "$folder/empty|run" "$VDIB" eval "$folder/empty"
refuses 1 "$folder/empty" "$VDIB" info "$folder/empty"
rejects 1 "$folder/empty" published/dvs --data "$folder/empty"
rejects 1 "$folder/empty" published/mnist-rate --data "$folder/empty"
mkdir -p "$folder/bare/Train/0" "$folder/bare/Test/0"
rejects 1 "$folder/bare" published/dvs --data "$folder/bare"
touch "$folder/file"
refuses 2 "$folder/file" "$VDIB" train demo --out "$folder/file"
refuses 1 "proc" "$VDIB" train demo "${tiny[@]}" --examples 4 --out /proc/vdib/run

# Recordings.
recordings "$folder/recordings"
chmod 000 "$folder/recordings/Train/3/00014.bin"
as_user=() # root may read everything
if [[ $(id -u) -eq 0 ]]; then
    chmod 755 "$folder"
    as_user=(setpriv --reuid 65534 --regid 65534 --clear-groups)
fi
if "${as_user[@]}" "$VDIB" --version >/dev/null 2>&1; then
    refuses 1 "00014.bin|ermission" "${as_user[@]}" "$VDIB" info "$folder/recordings"
else
    echo "no user without rights can run the program: an unreadable file is not tested"
fi
chmod 644 "$folder/recordings/Train/3/00014.bin"
bad=$folder/recordings/Train/3/00014.bin
cp "$bad" "$folder/good.bin"
left_out() { # one damaged file of twenty: said, or refused
    expect 0 "$VDIB" info "$folder/recordings"
    says stdout "1 file of training recordings cannot be read and is left out: $bad"
    refuses 1 "$folder/recordings: |--strict refuses such data" "$VDIB" info "$folder/recordings" --strict
    refuses 1 "$bad" "$VDIB" info "$bad"
}
truncate -s 298 "$bad"
left_out
truncate -s 70000000 "$bad"
left_out
cp -r "$folder/recordings" "$folder/damaged"
truncate -s 298 "$folder/damaged/Train/"*/*{11,12,13}.bin
rejects 1 "4 of 20 files cannot be read" published/dvs --data "$folder/damaged"
rm -r "$folder/damaged"

# ---- event files with something wrong: counted, or refused with the byte ----
late=$folder/late.csv
printf '10,1,2,1\n9,3,4,0\n11,5,6,1\nhere,is,no,event\n%s' "$(seq -f '%.0f,7,8,1' 12 60)" >"$late"
expect 0 "$VDIB" info "$late"
says stdout "format text" "events        52" "out of order  1" "damaged       1"
refuses 1 "$late: byte 9: an event earlier than the one before" "$VDIB" info "$late" --strict
refuses 2 "$bad: --strict is for event files" "$VDIB" info "$bad" --strict --digest
expect 0 "$VDIB" info "$late" --from 20us --to 0.03ms
says stdout "events        10" "time          20 .. 29 us"
expect 0 "$VDIB" info "$late" --from 2us --to 3 --relative
says stdout "events        1" "time          12 .. 12 us"
refuses 2 "--from: '2 s' is no time; give microseconds" "$VDIB" info "$late" --from "2 s"
refuses 2 "--to: 'inf' is no time" "$VDIB" info "$late" --to inf
refuses 2 "info: --from 1000000 is not before --to 1000" "$VDIB" info "$late" --from 1s --to 1ms
refuses 2 "--relative says what --from and --to count from" "$VDIB" info "$late" --relative
refuses 2 "$folder: --from and --to are for event files" "$VDIB" info "$folder" --from 1
printf '%% evt 2.0\n%% geometry 8x8\n\0\0\0\x80\0\0\0\x10\x01' >"$folder/cut.raw"
expect 0 "$VDIB" info "$folder/cut.raw"
says stdout "format evt2" "sensor        8 x 8" "cut           1"
refuses 1 "$folder/cut.raw: byte 33: the file ends inside a record" "$VDIB" info "$folder/cut.raw" --strict
for name in a.bin a.csv a.raw a.aedat; do # a pipe whose writer sends nothing
    mkfifo "$folder/$name"
    : >"$folder/$name" &
    if [[ $name == a.bin ]]; then
        expect 0 timeout 20 "$VDIB" info "$folder/$name"
    else
        refuses 1 "$folder/$name: is empty (0 bytes)" timeout 20 "$VDIB" info "$folder/$name"
    fi
    rm "$folder/$name"
done
refuses 1 "standard input: is empty (0 bytes)" bash -c '"$0" info - </dev/null' "$VDIB"
refuses 1 "standard input: is no event file by its content (formats without a header are known by their names" \
    bash -c '"$0" info - <"$1"' "$VDIB" "$folder/good.bin"
expect 0 bash -c '"$0" info - <"$1"' "$VDIB" "$late"
says stdout "standard input: recording, format text" "events        52"
gzip -k "$late"
expect 0 "$VDIB" info "$late.gz"
says stdout "events        52" "out of order  1"
head -c 100 "$late.gz" >"$folder/short.csv.gz"
expect 0 "$VDIB" info "$folder/short.csv.gz"
says stdout "format text" "cut           1"
refuses 1 "$folder/short.csv.gz (unpacked): byte |its gzip data end early, and what follows is lost" "$VDIB" info \
    "$folder/short.csv.gz" --strict
refuses 1 "/dev/null: is not a regular file; copy" "$VDIB" info /dev/null
printf '#!AER-DAT2.0\r\n# cut' >"$folder/cut.aedat"
expect 0 "$VDIB" info "$folder/cut.aedat"
says stdout "format aedat2" "cut           5"
refuses 1 "$folder/cut.aedat: byte 14: the file ends inside its header" "$VDIB" info "$folder/cut.aedat" --strict
: >"$folder/nothing.csv"
refuses 1 "$folder/nothing.csv: is empty (0 bytes); record" "$VDIB" info "$folder/nothing.csv"
: >"$folder/nothing.bin"
expect 0 "$VDIB" info "$folder/nothing.bin" --strict
says stdout "events        0" "note          0 bytes: empty"
rm "$bad"
mkdir "$bad"
rejects 1 "$bad" published/dvs --data "$folder/recordings"
rmdir "$bad"
cp "$folder/good.bin" "$bad"
for name in pipe.bin pipe.csv; do # refused, or no recording; nobody waits for its writer
    mkfifo "$folder/recordings/Train/3/$name"
    code=0
    timeout 60 "$VDIB" info "$folder/recordings" >"$folder/stdout" 2>"$folder/stderr" </dev/null || code=$?
    [[ $code -le 1 ]] || fail "exit code $code of a folder with the pipe $name"
    [[ $name != pipe.bin ]] || says stderr "$name: is not a regular file"
    rm "$folder/recordings/Train/3/$name"
done
mkdir "$folder/recordings/Train/12"
cp "$folder/good.bin" "$folder/recordings/Train/12/00099.bin"
rejects 1 "have names|data.target=class|--images" published/dvs --data "$folder/recordings"
rm -r "$folder/recordings/Train/12"

# IDX files. spoil FILE COMMAND...: a fresh folder whose FILE is what COMMAND makes of it.
spoil() {
    local file=$1
    shift
    rm -rf "$folder/idx"
    idx "$folder/idx"
    "$@" "$folder/idx/$file"
    rejects 1 "$folder/idx|${file%%-*}" published/mnist-rate --data "$folder/idx"
    rejects 1 "$folder/idx|${file%%-*}" published/dvs --data "$folder/recordings" --images "$folder/idx"
}
put() { # put OFFSET "BYTES" FILE
    # shellcheck disable=SC2086 # a list of bytes
    bytes $2 | dd of="$3" bs=1 seek="$1" conv=notrunc status=none
}
spoil train-images-idx3-ubyte put 4 "00 00 00 30"
spoil train-images-idx3-ubyte put 4 "7f ff ff ff"
spoil train-images-idx3-ubyte put 2 "0a"
spoil train-images-idx3-ubyte truncate -s 1000
spoil train-images-idx3-ubyte truncate -s 7
spoil train-labels-idx1-ubyte put 2 "07"
spoil train-labels-idx1-ubyte put 4 "00 00 00 13"
spoil t10k-labels-idx1-ubyte rm
spoil train-images-idx3-ubyte rm
twenty() { images "$1" 10 20; }
spoil t10k-images-idx3-ubyte twenty
packed() {
    gzip "$1"
    truncate -s 30 "$1.gz"
}
spoil train-images-idx3-ubyte packed

# Configurations: the line, and the nearest name.
yaml() {
    printf '%s\n' "$@" >"$folder/own.yaml"
}
yaml "experiment: own" "objective:" "  bta: 1"
rejects 2 "$folder/own.yaml:3|objective.beta" "$folder/own.yaml"
yaml "experiment: own" "data:" "  steps: many"
rejects 2 "$folder/own.yaml:3|data.steps|many" "$folder/own.yaml"
yaml "experiment: own" "data:" "  steps: -3"
rejects 2 "$folder/own.yaml:3|data.steps|-3" "$folder/own.yaml"
yaml "experiment: own" "data: [1"
rejects 2 "$folder/own.yaml" "$folder/own.yaml"
rejects 2 "objective.bta|objective.beta" demo --set objective.bta=1
rejects 2 "decoder.type|convv|conv" demo --set decoder=convv
rejects 2 "objective.prior_probability|2" demo --set objective.prior_probability=2
rejects 2 "neuron.membrane_tau_us is 700 us|steps of 15000 us|a twentieth of a step" demo \
    --set neuron.membrane_tau_us=700
rejects 2 "neuron.membrane_decay is 1|neuron.model=lif and neuron.gain=one|smaller decay" demo \
    --set neuron.membrane_decay=1
rejects 2 "neuron.membrane_decay is 1|neuron.gain=one" demo --set neuron.membrane_decay=1 --set neuron.model=lif
rejects 2 "neuron.synaptic_tau_us has 2 numbers|encoder.layers 0 layers" demo --set 'neuron.synaptic_tau_us=[2e4, 3e4]'
rejects 2 "data.steps|1.5" demo --set data.steps=1.5
rejects 2 "--set|key=value" demo --set data.steps
rejects 2 "learning.decay is 'cosine'|learning.decay_examples" demo "${tiny[@]}" \
    --set learning.decay_examples=0 --seconds 5
rejects 2 "learning.warmup_examples is 9" demo "${tiny[@]}" --set learning.decay=linear \
    --set learning.decay_examples=9 --set learning.warmup_examples=9 --examples 9

# Models. Evaluating a bad one changes nothing in its run.
run=$folder/run
expect 0 "$VDIB" train demo "${tiny[@]}" --examples 8 --out "$run"
model=$folder/model.safetensors
spoiled() { # spoiled TEXTS: every command that reads the model refuses it
    refuses 1 "$model|$1" "$VDIB" eval "$model"
    refuses 1 "$model|$1" "$VDIB" info "$model"
    refuses 1 "$model|$1" "$VDIB" encode "$model" "$folder/good.bin" --out "$folder/spikes.txt"
    refuses 1 "$model|$1" "$VDIB" reconstruct "$model" --out "$folder/recon.npz"
    [[ ! -e $folder/spikes.txt && ! -e $folder/recon.npz ]] || fail "something was written from a bad model"
}
size=$(stat -c %s "$run/model.safetensors")
for length in 0 7 100 $((size / 2)) $((size - 1)); do
    head -c "$length" "$run/model.safetensors" >"$model"
    spoiled ""
done
cp "$run/model.safetensors" "$model"
put $((size - 4)) "00 00 c0 7f" "$model"
spoiled "finite"
sed -E 's/("vdib_version" *: *")1"/\19"/' "$run/model.safetensors" >"$model"
cmp -s "$model" "$run/model.safetensors" && fail "the version could not be changed"
spoiled "format 9"
printf 'x' | cat "$run/model.safetensors" - >"$model"
spoiled ""
cp "$run/model.safetensors" "$folder/model.kept"
cp "$model" "$run/model.safetensors"
before=$(fingerprint "$run")
refuses 1 "$run/model.safetensors" "$VDIB" report "$run"
[[ $before == "$(fingerprint "$run")" ]] || fail "a refused report changed the run"
mv "$folder/model.kept" "$run/model.safetensors"
refuses 1 "$run/run.json" "$VDIB" info "$run/run.json"

refuses 1 "$run/config.yaml|.bin" "$VDIB" info "$run/config.yaml"

# A window that no event falls into.
refuses 1 "no event|data.start_us" "$VDIB" train demo "${tiny[@]}" --set data.start_us=10000000 --out "$folder/late"
[[ ! -e $folder/late ]] || fail "a refused run left a folder"

# Data that do not fit the model; an output that cannot be written.
refuses 1 "" "$VDIB" eval "$run" --data "$folder/missing"
refuses 1 "$folder/none/recon.npz" "$VDIB" reconstruct "$run" --out "$folder/none/recon.npz"
refuses 1 "$folder/none/spikes.txt" "$VDIB" encode "$run/model.safetensors" "$folder/good.bin" \
    --out "$folder/none/spikes.txt"
printf 'abc' >"$folder/short.bin"
refuses 1 "$folder/short.bin" "$VDIB" encode "$run/model.safetensors" "$folder/short.bin" --out "$folder/spikes.txt"

# A damaged checkpoint or record is refused, and stays.
"$VDIB" train demo "${tiny[@]}" --examples 2000 --checkpoint-every 20 --out "$folder/stopped" >/dev/null 2>&1 &
process=$!
wait_for "$folder/stopped/checkpoint.safetensors" "$process"
kill -9 "$process"
wait "$process" 2>/dev/null || true
cp -r "$folder/stopped" "$folder/damaged"
truncate -s 1000 "$folder/damaged/checkpoint.safetensors"
before=$(fingerprint "$folder/damaged")
refuses 1 "$folder/damaged/checkpoint.safetensors" "$VDIB" train --resume "$folder/damaged"
[[ $before == "$(fingerprint "$folder/damaged")" ]] || fail "a refused resume changed the run"
printf '{' >"$folder/damaged/run.json"
refuses 1 "$folder/damaged/run.json" "$VDIB" train --resume "$folder/damaged"
printf '{}' >"$folder/damaged/run.json"
refuses 1 "$folder/damaged/run.json|is damaged|'data'|train again" "$VDIB" train --resume "$folder/damaged"
refuses 1 "$folder/damaged/run.json|is damaged|'data'|train again" "$VDIB" info "$folder/damaged"
cp "$run/model.safetensors" "$folder/damaged"
for command in report eval; do
    refuses 1 "$folder/damaged/run.json|is damaged|'data'|train again" "$VDIB" "$command" "$folder/damaged"
done
