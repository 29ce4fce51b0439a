#!/usr/bin/env bash
# make install and uninstall, in a folder with blanks in its name; what is installed trains, and so does a checkout in such a folder.
. "$(dirname "$0")/lib.bash"
unset MAKEFLAGS MAKELEVEL BURIN_HOME
export BURIN_CFLAGS=-O0 BURIN_CACHE="$tmp/the cache"
to="$tmp/dest dir/opt/it"
make_it() { make -s "$1" DESTDIR="$tmp/dest dir" PREFIX=/opt/it -o out/burin -o out/libburin.a 2>&1; }     # -o: takes what is built
same "install: no complaint" "$(make_it install)" ""
for f in bin/burin lib/libburin.a lib/pkgconfig/burin.pc include/burin/burin.h share/man/man1/burin.1 share/burin/models/README.md share/burin/docs/tutorial.md \
         share/burin/models/types/burin.lua share/burin/templates/engine.lua share/zsh/site-functions/_burin; do file "install: $f" "$to/$f"; done
same "install: the manual" "$(head -n 1 "$to/share/man/man1/burin.1")" "$("$burin" manual | head -n 1)"
same "install: bash's completion" "$(. "$to/share/bash-completion/completions/burin"; complete -p burin)" "complete -F _burin burin"

digits "$tmp/the data" 40
mkdir "$tmp/work here" && cd "$tmp/work here" || exit 1
checkout=${burin%/out/burin}
burin="$to/bin/burin"
run new "my gan"
same "installed: new" "$status $err" "0 "
has "installed: the types" "$(<.luarc.json)" "$to/share/burin/models/types"
run train "my gan.lua" --data "$tmp/the data" --batch 8 --steps 3 --seed 1 --outdir "the runs"
same "installed: train" "$status $err" "0 "
file "installed: a checkpoint" "the runs/00000-my_gan/snapshot_0001.safetensors"
run sample "the runs/00000-my_gan" -n 4 -o "the grid.png"
same "installed: sample" "$status $err" "0 "
run train "my gan.lua" --data "$tmp/the data" --outdir "the runs" --resume latest --steps 4
same "installed: resume" "$status $err" "0 "
has "installed: resume: from the run" "$out" "resume   the runs/00000-my_gan/snapshot_0001.safetensors"
printf 'nn.conv2d{}\n' >"a b.lua"
fails "a place with a blank in it" "a b.lua:1: nn.conv2d needs kernel =" train "a b.lua"

run emit "my gan.lua" --batch 8 --single-file -o "one file"
same "installed: emit --single-file" "$status $err" "0 "
file "installed: emit --single-file: the file" "one file/train.c"

run emit "my gan.lua" --batch 8 -o "the code"
same "installed: emit" "$status $err" "0 "
if command -v pkg-config >/dev/null; then
    export PKG_CONFIG_PATH="$to/lib/pkgconfig"
    version=$("$burin" version)
    same "pkg-config: the version" "$(pkg-config --modversion burin)" "${version#burin }"
    same "emitted: builds with what is installed" "$(make -s -C "the code" CFLAGS=-O0 2>&1)" ""
    "the code/my_gan" --data "$tmp/the data" --steps 3 --outdir "its runs" >"$tmp/.out" 2>&1
    same "emitted: trains" "$?" 0
    make -s -C "the code" clean
fi
unset PKG_CONFIG_PATH
ln -s "$checkout" "$tmp/the checkout"
same "emitted: builds with a checkout" "$(make -s -C "the code" CFLAGS=-O0 BURIN="$tmp/the checkout" 2>&1)" ""
make -s -C "the code" clean
has "emitted: says what it lacks" "$(PKG_CONFIG_LIBDIR=$tmp make -C "the code" 2>&1)" "no runtime of Burin: name a checkout where make was run, make BURIN=FOLDER, or install it, make install"

mkdir -p "$tmp/a b/c d/out"
cp -R "$checkout/models" "$checkout/templates" "$tmp/a b/c d/"
cp "$burin" "$tmp/a b/c d/out/"
burin="$tmp/a b/c d/out/burin"
run train "$tmp/a b/c d/models/mlp_gan.lua" --data "$tmp/the data" --batch 8 --steps 2
same "a checkout in a folder with blanks: train" "$status $err" "0 "
fails "a checkout without the runtime" "burin: $tmp/a b/c d/runtime/program.h is not here, and --single-file folds it in: run burin from its checkout, or make install" emit "$tmp/a b/c d/models/mlp_gan.lua" --single-file -o one
mv "$tmp/a b/c d/templates" "$tmp/a b/c d/elsewhere"
fails "burin by itself" "burin: $burin finds neither its checkout ($tmp/a b/c d/templates) nor what make install puts in $tmp/a b/c d/share/burin: run it from there, or set BURIN_HOME to the checkout" check x.lua

cd "$checkout" || exit 1
make_it uninstall
same "uninstall: nothing stays" "$(find "$tmp/dest dir" -type f)" ""
