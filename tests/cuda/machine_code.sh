#!/usr/bin/env bash
# The contractions of the DCGAN as a card executes them: of the loop over the depth, the share that are multiply-adds (FFMA), and whether
# all that moves moves four floats at a time. NVRTC compiles, NVIDIA's nvdisasm reads; where one of them is missing, this is skipped.
. tests/cli/lib.bash

for nvdisasm in "${BURIN_NVDISASM:-}" "$(command -v nvdisasm)" {"${CUDA_HOME:-}","${CUDA_PATH:-}",/usr/local/cuda,/opt/cuda}/bin/nvdisasm out/peers/lib/python*/site-packages/nvidia/*/bin/nvdisasm; do
    [ -x "$nvdisasm" ] && break
    nvdisasm=
done
if [ -z "$nvdisasm" ]; then skip "machine code" "no nvdisasm here; NVIDIA's toolkit has it, and make bench-peers brings it"; exit 0; fi

# ---- the contractions, and nothing else, for sm_80 ----

"$burin" show "$spec" --target cuda --source | awk '
    /^extern "C" __global__/ { kernel = 1; body = "" }
    kernel { body = body $0 "\n"; contraction = contraction || /enum \{ ROW_TILE/ }
    kernel && /^}/ { if (contraction) print body; kernel = contraction = 0; past = 1 }
    !kernel && !past' >"$tmp/kernels.cu"
cat >"$tmp/compile.c" <<'E2'
#include "runtime/nvrtc.h"
#include "runtime/text.h"
#include <stdio.h>
#include <stdlib.h>
int main(void)
{
    static Nvrtc n;
    static char code[1 << 20];
    Error e;
    char *image;
    size_t size;
    if (nvrtc_find(&n, 99000, &e)) return puts("missing"), 0;
    code[fread(code, 1, sizeof code - 1, stdin)] = 0;
    if (nvrtc_compile(&n, code, "kernels.cu", "sm_80", "", &image, &size, NULL, &e)) return puts(e.text), 1;
    FILE *f = fopen("kernels.cubin", "wb");
    return fwrite(image, 1, size, f) != size || fclose(f);
}
E2
if ! cc -std=gnu11 -I. "$tmp/compile.c" out/libburin.a -ldl -lm -pthread -o "$tmp/compile" 2>"$tmp/.log"; then bad "machine code: builds" "$(head -n 3 "$tmp/.log")"; exit 0; fi
said=$(cd "$tmp" && ./compile <kernels.cu)
if [ "$said" = missing ]; then skip "machine code" "there is no NVRTC here"; exit 0; fi
same "machine code: compiles" "$said" ""

# A line for each kernel: its name, the share in percent and the number of FFMA in its loop, and how many other reads of shared memory
# than LDS.128 and of global memory than .128 are in it; how many stores the kernel has of four floats, and others.
"$nvdisasm" -c "$tmp/kernels.cubin" 2>"$tmp/.log" | awk '
    function report(  i, to, k, ffma, best, from, last, lds, ldg, wide, narrow) {
        for (i = 0; i < n; i++) {
            if (code[i] ~ /STG/) { if (code[i] ~ /STG\.E\.128/) wide++; else narrow++ }
            if (code[i] !~ /BRA/ || !match(code[i], /\.L_x_[0-9]+/)) continue
            to = substr(code[i], RSTART, RLENGTH)
            if (!(to in label) || label[to] > i) continue
            ffma = 0
            for (k = label[to]; k <= i; k++) if (code[k] ~ /FFMA/) ffma++
            if (ffma > best) { best = ffma; from = label[to]; last = i }
        }
        for (i = from; i <= last && best; i++) {
            if (code[i] ~ /LDS/ && code[i] !~ /LDS\.128|LDS RZ/) lds++
            if (code[i] ~ /LDG/ && code[i] !~ /LDG\.E\.128|LDGSTS\.E\.BYPASS\.128|LDGDEPBAR/) ldg++
        }
        if (n) print name, best ? int(100 * best / (last - from + 1)) : 0, best + 0, lds + 0, ldg + 0, wide + 0, narrow + 0
    }
    /\.section[ \t]+\.text\./ { report(); match($0, /\.text\.[a-z0-9_]+/); name = substr($0, RSTART + 6, RLENGTH - 6); n = 0; split("", label); next }
    /^\.L_x_[0-9]+:/ { label[substr($1, 1, length($1) - 1)] = n }
    /^[ \t]+\/\*[0-9a-f]+\*\/ / { code[n++] = $0 }
    END { report() }' | sort >"$tmp/loops"
same "machine code: of every contraction" "$(wc -l <"$tmp/loops")" "$(grep -c '__global__' "$tmp/kernels.cu")"
[ -z "${SHOW:-}" ] || cat "$tmp/loops"

# least NAME SHARE: the kernels whose names begin so, with four channels at least on both sides
least() {
    local name share ffma lds ldg wide narrow seen=
    while read -r name share ffma lds ldg wide narrow; do
        [[ $name == $1* ]] || continue
        seen=1
        [ "$share" -ge "$2" ] || bad "machine code: $name: FFMA" "$share% of its loop, want $2%"
        [ "$lds $ldg" = "0 0" ] || bad "machine code: $name: loads of four" "$lds others from shared and $ldg from global memory"
        [ "$wide" -gt 0 ] && [ "$narrow" -le 2 ] || bad "machine code: $name: stores of four" "$wide, and $narrow others; want two others at most, sums"
    done <"$tmp/loops"
    if [ -n "$seen" ]; then ok "machine code: $1: at least $2% FFMA, all loads and stores of four"; else bad "machine code: $1" "no such kernel"; fi
}
least conv_14x14x32_4x4_64 74
least conv_7x7x64_3x3_128 72
least conv_dw_14x14x32_4x4_64 72
least conv_dw_7x7x64_3x3_128 64
least conv_dw_4x4x128_4x4_100 70
least conv_dx_1x1x100_4x4_128 76
least conv_dx_4x4x128_3x3_64 68
least conv_dx_7x7x64_4x4_32 60
same "machine code: with one channel, too, shared memory is read four at a time" "$(awk '$4 > 0 { print $1 }' "$tmp/loops")" ""
