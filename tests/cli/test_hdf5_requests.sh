#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# How often the helper that reads HDF5 files is asked: each recording of a file takes few requests.
source "$(dirname "$0")/common.sh"
command -v python3 >/dev/null || skip "python3 is missing: scripts/install-dependencies --tests"
helper=$(find "${VDIB%/bin/*}" -name vdib-hdf5 -type f | head -1)
[[ -n $helper ]] || skip "built without HDF5"

# A helper that hands everything on to the real one, and writes a byte into a file for each request.
echo "$helper" >"$folder/helper"
{
    echo "#!$(python3 -c 'import sys; print(sys.executable)')"
    cat <<'END'
import os, socket, struct, subprocess, sys, threading

here = os.path.dirname(os.path.abspath(sys.argv[0]))
client = socket.socket(fileno=os.dup(3))
near, far = socket.socketpair()
os.dup2(far.fileno(), 3)
with open(here + "/helper") as file:
    real = subprocess.Popen([file.read().strip(), sys.argv[1]], pass_fds=(3, 4))
far.close()
os.close(3)


def answer():
    while part := near.recv(1 << 16):
        client.sendall(part)
    client.shutdown(socket.SHUT_RDWR)


threading.Thread(target=answer, daemon=True).start()
left, header = 0, b""
log = os.open(here + "/requests", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
while part := client.recv(1 << 16):
    near.sendall(part)
    while part:
        taken = min(left, len(part))
        left, part = left - taken, part[taken:]
        need = 8 - len(header)
        header, part = (header + part[:need], part[need:]) if left == 0 else (header, part)
        if len(header) == 8:
            os.write(log, b".")
            left, header = struct.unpack("=II", header)[1], b""
near.close()
END
} >"$folder/proxy"
chmod +x "$folder/proxy"
export VDIB_HDF5_HELPER=$folder/proxy

# asks MOST COMMAND...: it succeeds with at most so many requests.
asks() {
    local most=$1 requests
    shift
    rm -f "$folder/requests"
    expect 0 "$@"
    requests=$(wc -c <"$folder/requests")
    [[ $requests -gt 0 && $requests -le $most ]] || fail "$* takes $requests requests, not 1 to $most"
}

mkdir "$folder/set"
cp "$VDIB_SOURCE/tests/core/hdf5/shd.h5" "$folder/set/shd_train.h5"
cp "$VDIB_SOURCE/tests/core/hdf5/shd.h5" "$folder/set/shd_test.h5"
asks 9 "$VDIB" info "$folder/set/shd_train.h5"
asks 67 "$VDIB" info "$folder/set" # six recordings, looked at for their sensor, their lengths and what is wrong
