#!/usr/bin/env bash
# A template that makes faulty code: beside the compiler's error stand the template's line, the kernel, and the spec's line.
. "$(dirname "$0")/lib.bash"
mkdir "$tmp/home"
cp -R models templates "$tmp/home"
export BURIN_HOME=$tmp/home BURIN_CACHE=$tmp/cache
digits "$tmp/data" 256

# broken NAME FILE TEXT FLAGS...: the template's first line with TEXT gets an unknown name before it
broken() {
    local name=$1 file=templates/$2 text=$3 line
    shift 3
    line=$(grep -nF "$text" "$file" | head -n 1 | cut -d: -f1)
    awk -v line="$line" 'NR == line { sub(/^ */, "&no_such_name = 1; ") } { print }' "$file" >"$BURIN_HOME/$file"
    run bench "$BURIN_HOME/models/dcgan_mnist.lua" --data "$tmp/data" --repeats 1 --seconds 0.1 "$@"
    cp "$file" "$BURIN_HOME/$file"
    if [[ $status$err = 1*no_such_name*"line "[0-9]*" is in "*", for $BURIN_HOME/models/dcgan_mnist.lua:"[0-9]*" "*", and made by $file:$line"* ]]
    then ok "$name"; else bad "$name" "status $status, line $line: $err"; fi
}

broken "the C compiler" cpu/dw.c "const int count = min_int"
has "the C compiler: the kernel" "$err" " is in conv_dw_"
export LD_LIBRARY_PATH=$PWD/out/cudasim${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} BURIN_PTX=1
unset BURIN_NVRTC
if [[ $("$burin" devices) != *NVRTC\ 1* ]]; then skip "NVRTC" "there is none here, or no simulated card"; exit 0; fi
broken "NVRTC" cuda/reduce.cu "for (int" --device cuda
