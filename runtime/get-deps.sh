#!/usr/bin/env bash
# get-deps.sh OUT.mk: sees to it that Lua 5.4, libpng, libjpeg, zlib and libdeflate are there to compile with, and writes the flags for them.
# What is missing is installed with apt-get; where that cannot be done, one line names the packages.
set -u
out=$1
cc=${CC:-cc}
packages="liblua5.4-dev libpng-dev libjpeg-dev zlib1g-dev libdeflate-dev pkg-config"
say() { printf '%s\n' "$*" >&2; }

# Sets cflags and libs and tries to compile and link with them.
probe() {
    local lua="" name
    for name in lua5.4 lua-5.4 lua54 lua; do
        pkg-config --exists "$name" 2>/dev/null && { lua=$name; break; }
    done
    [ -n "$lua" ] && pkg-config --exists libpng libjpeg zlib libdeflate 2>/dev/null || return 1
    cflags=$(pkg-config --cflags "$lua" libpng libjpeg zlib libdeflate)
    libs=$(pkg-config --libs "$lua" libpng libjpeg zlib libdeflate)
    printf '#include <lua.h>\n#include <stdio.h>\n#include <jpeglib.h>\n#include <libdeflate.h>\n#include <png.h>\n#include <zlib.h>\n#if LUA_VERSION_NUM < 504\n#error Lua 5.4\n#endif\nint main(void) { return !lua_newstate || !png_access_version_number() || !jpeg_quality_scaling(50) || !zlibVersion() || libdeflate_crc32(0, 0, 0); }\n' >"$dir/probe.c"
    $cc $cflags "$dir/probe.c" -o "$dir/probe" $libs -lm -ldl 2>"$dir/probe.log"
}

# apt-get as root: with sudo where we are not root and sudo asks nothing.
install() {
    local root=""
    command -v apt-get >/dev/null || return 1
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || return 1
        root="sudo"
        sudo -n true 2>/dev/null || { [ -t 0 ] || return 1; }
    fi
    say "installing: $packages"
    $root apt-get update -qq >&2
    $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >&2
}

mkdir -p "$(dirname "$out")" || exit 1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
if ! command -v ${cc%% *} >/dev/null; then
    say "no C compiler: $cc is not on the PATH; install one (Debian, Ubuntu: apt-get install gcc) or set CC"
    exit 1
fi
if ! probe && ! { install && probe; }; then
    say "burin needs the headers of Lua 5.4, libpng, libjpeg, zlib and libdeflate, and pkg-config. On Debian or Ubuntu:"
    say "    apt-get install $packages"
    say "on Fedora: lua-devel libpng-devel libjpeg-turbo-devel zlib-devel libdeflate-devel pkgconf; on Arch: lua libpng libjpeg-turbo zlib libdeflate pkgconf. Then run make again."
    exit 1
fi
printf 'DEPS_CFLAGS := %s\nDEPS_LIBS := %s\n' "$cflags" "$libs" >"$out.tmp" && mv "$out.tmp" "$out"
