#!/bin/bash
# Runs one arm64 program under user-mode emulation. ONNX Runtime reads what kind of processor it is on from /proc and
# /sys, where emulation shows the host's, and crashes on finding no ARM core there. So the program gets a mount
# namespace of its own in which both describe a Raspberry Pi 4 (four Cortex-A72 cores); the host sees nothing of it.
set -euo pipefail

if [ "${1:-}" != --inside ]; then
  exec unshare --mount --propagation private "$0" --inside "$@"
fi
shift

cores=4
cpuinfo=$(mktemp)
for ((core = 0; core < cores; core++)); do
  cat <<CORE
processor	: $core
BogoMIPS	: 108.00
Features	: fp asimd evtstrm crc32 cpuid
CPU implementer	: 0x41
CPU architecture: 8
CPU variant	: 0x0
CPU part	: 0xd08
CPU revision	: 3

CORE
done > "$cpuinfo"
mount --bind "$cpuinfo" /proc/cpuinfo
rm "$cpuinfo"
mount -t tmpfs -o mode=755 cores /sys/devices/system/cpu
for list in possible present online; do echo "0-$((cores - 1))" > "/sys/devices/system/cpu/$list"; done

# A library path meant for the host's programs would lead the emulated one astray.
unset LD_LIBRARY_PATH LD_PRELOAD
export QEMU_LD_PREFIX=/usr/aarch64-linux-gnu QEMU_CPU="${QEMU_CPU:-cortex-a72}"
exec qemu-aarch64-static "$@"
