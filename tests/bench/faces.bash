# faces.bash: images for models/dcgan64.lua.

# faces: 640 colour images of 64x64, bars of many places and sizes, as an IDX file, made once; says where. Noise would let D win at once.
faces() {
    local to=$PWD/out/bench/faces-images-idx4-ubyte
    if [ ! -e "$to" ]; then
        { printf '\0\0\x08\x04\0\0\x02\x80\0\0\0\x40\0\0\0\x40\0\0\0\x03'
          LC_ALL=C awk 'BEGIN { for (i = 0; i < 640; i++) for (y = 0; y < 64; y++) for (x = 0; x < 64; x++) {
              on = x > 4 + i % 29 && x < 24 + i % 37 && y > 3 + i % 25 && y < 60 - i % 23
              printf "%c%c%c", on ? 255 - i % 99 : 1, on ? 120 + i % 101 : 60, on ? 90 : 200 - i % 90 } }'; } >"$to.new"
        mv "$to.new" "$to"
    fi
    echo "$to"
}
