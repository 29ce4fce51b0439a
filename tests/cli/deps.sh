#!/usr/bin/env bash
# runtime/get-deps.sh on machines that lack something: stand-ins for pkg-config, apt-get and the compiler; nothing is installed.
. "$(dirname "$0")/lib.bash"
mkdir "$tmp/bin"
deps() { out=$(env PATH="$tmp/bin:$PATH" "$@" bash runtime/get-deps.sh "$tmp/deps.mk" 2>&1); status=$?; }

deps CC=cc
same "deps: all there" "$status $out" "0 "
has "deps: the flags" "$(<"$tmp/deps.mk")" "DEPS_LIBS := "
rm "$tmp/deps.mk"

deps CC=nocc
same "deps: no compiler" "$status $out" "1 no C compiler: nocc is not on the PATH; install one (Debian, Ubuntu: apt-get install gcc) or set CC"

printf '#!/bin/sh\nexit 1\n' >"$tmp/bin/pkg-config"
printf '#!/bin/sh\necho "$@" >>%s/apt\n' "$tmp" >"$tmp/bin/apt-get"
chmod +x "$tmp/bin/pkg-config" "$tmp/bin/apt-get"
deps CC=cc
same "deps: packages that cannot be had: status" "$status" 1
has "deps: names them" "$out" "    apt-get install liblua5.4-dev libpng-dev libjpeg-dev zlib1g-dev libdeflate-dev pkg-config"
if [ "$(id -u)" = 0 ]; then has "deps: tried to install them" "$(cat "$tmp/apt" 2>/dev/null)" "liblua5.4-dev"
else skip "deps: tried to install them" "not root"; fi
[ -e "$tmp/deps.mk" ] && bad "deps: writes nothing then" "it did" || ok "deps: writes nothing then"
