#!/usr/bin/env bash
# What runtime/cuda_driver.h and nvrtc.h say of NVIDIA's libraries, held against NVIDIA's own headers.
. tests/cli/lib.bash

find_toolkit "cuda api" cuda.h

# Our prototypes are theirs; so are the exported names, but cuEventElapsedTime, where any version will do.
cat >"$tmp/api.c" <<'E2'
#include <cuda.h>
#include <nvrtc.h>
#include "runtime/cuda_driver.h"
#include "runtime/nvrtc.h"
#include <stdio.h>
#include <string.h>
#define TEXT(x) #x
#define EXPANDED(x) TEXT(x)
#define SAME(type, name, parameters) _Static_assert(__builtin_types_compatible_p(type (*) parameters, __typeof__(&name)), "the prototype of " #name);
#define PROTOTYPE(name, symbol, parameters) SAME(CUresult, name, parameters)
#define COMPILER(name, parameters) SAME(nvrtcResult, name, parameters)
#define SYMBOL(name, symbol, parameters) if (strcmp(symbol, EXPANDED(name))) puts(EXPANDED(name));
CUDA_DRIVER(PROTOTYPE)
NVRTC(COMPILER)
int main(void) { CUDA_DRIVER(SYMBOL) }
E2
said=$(cc -std=gnu11 -I. -I"$folder/include" "$tmp/api.c" -o "$tmp/api" 2>&1 && "$tmp/api" | grep -v cuEventElapsedTime)
same "cuda api: prototypes and names" "$said" ""

# The constants, NVIDIA's and ours, printed by the same program.
names=$(grep -hoE '\b(CU|CUDA|NVRTC)_[A-Z0-9_]+ = ' runtime/cuda_driver.h runtime/nvrtc.h | cut -d' ' -f1 | grep -v CUDA_LEAST)
values() {
    {
        printf '%s\n' "$1" "$2" '#include <stdio.h>' 'int main(void) {'
        for name in $names; do echo "printf(\"$name %d\\n\", (int)$name);"; done
        echo '}'
    } >"$tmp/values.c"
    cc -I. -I"$folder/include" "$tmp/values.c" -o "$tmp/values" && "$tmp/values"
}
ours=$(values '#include "runtime/cuda_driver.h"' '#include "runtime/nvrtc.h"')
theirs=$(values '#include <cuda.h>' '#include <nvrtc.h>')
if [ "$(wc -l <<<"$ours")" -gt 20 ]; then same "cuda api: constants" "$ours" "$theirs"; else bad "cuda api: constants" "$ours"; fi
