#!/bin/sh
# Reads a real V4L2 driver without hardware: boots Debian's kernel with its test driver `vivid` in an emulated machine, reads
# frames through the `cameras` example, takes the device away and gives it back. About two minutes; needs Debian.
set -eu
for tool in qemu-system-x86_64 busybox cpio depmod apt-get cargo; do
    command -v "$tool" >/dev/null || [ -x "/sbin/$tool" ] || {
        echo "SKIPPED: V4L2 in an emulated machine because $tool is missing" \
            "(apt-get install qemu-system-x86 busybox-static cpio kmod)" >&2
        exit 0
    }
done
here=$(cd "$(dirname "$0")" && pwd)
work=${TILLSIGHT_CACHE:-$HOME/.cache/tillsight}/v4l-in-qemu
mkdir -p "$work"
cd "$work"

if ! ls linux-image-*.deb >/dev/null 2>&1; then
    package=$(apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9][^ ]*\).*/\1/p' | head -n 1)
    apt-get download "$package"
fi
rm -rf kernel root
mkdir -p kernel root/bin root/dev root/proc root/sys root/modules
dpkg-deb -x linux-image-*.deb kernel
release=$(ls kernel/lib/modules)
PATH=$PATH:/sbin:/usr/sbin
depmod -b kernel "$release"
number=10
modprobe -d "$work/kernel" -S "$release" --show-depends vivid | while read -r _ module _; do
    cp "$module" "root/modules/$number-$(basename "$module")"
    number=$((number + 1))
done

cargo build --quiet --manifest-path "$here/../Cargo.toml" --features v4l --example cameras
binary=$(cargo metadata --format-version 1 --no-deps --manifest-path "$here/../Cargo.toml" |
    sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/debug/examples/cameras
cp "$binary" "$(command -v busybox)" root/bin/
ldd "$binary" | awk '/=>/ {print $3} /ld-linux/ {print $1}' | while read -r library; do
    mkdir -p "root$(dirname "$library")"
    cp -L "$library" "root$library"
done
cat >root/init <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in /modules/*; do
    case $module in
    *vivid*) insmod "$module" node_types=0x1 num_inputs=1 input_types=0x00 ;;
    *) insmod "$module" ;;
    esac
done
(
    sleep 6
    echo vivid.0 >/sys/bus/platform/drivers/vivid/unbind
    sleep 2
    echo vivid.0 >/sys/bus/platform/drivers/vivid/bind
) &
cameras /dev/video0 20
poweroff -f
INIT
chmod +x root/init
(cd root && find . | cpio --quiet -o -H newc | gzip -1) >initrd.gz
timeout 240 qemu-system-x86_64 -accel tcg -cpu max -m 1024 -smp 2 -nographic -no-reboot \
    -kernel "kernel/boot/vmlinuz-$release" -initrd initrd.gz -append "console=ttyS0 quiet panic=1" >log 2>&1 </dev/null || true

for line in 'vid-cap: [1-9][0-9]* formats' 'Back .*fps' '#30 at' 'Lost .*unplugged' '[1-9][0-9]* frames in 20 s'; do
    grep -q "$line" log || {
        echo "V4L2 in an emulated machine: no line like \`$line\` in $work/log" >&2
        exit 1
    }
done
[ "$(grep -c 'Back {' log)" -eq 2 ] || {
    echo "V4L2 in an emulated machine: the camera did not come back after it was unplugged: see $work/log" >&2
    exit 1
}
echo "V4L2 in an emulated machine: read, unplugged and read again" >&2
