| -- gemm.cu: a contraction as a product of matrices, rows x depth times depth x columns, neither of which exists in memory: what
| -- a row, a column and an index of the depth are is in the operands' loads (load.cu).
| --
| -- A block makes a tile of the result. Step by step, a slice of both operands' tiles is brought into shared memory while the slice
| -- before it is multiplied: two buffers, one barrier a step. Plain values are copied without passing through registers; what is
| -- computed from several tensors, or differs from zero where an operand is padded, waits in registers until the step is
| -- multiplied: a second look at a raw copy would need its indices and conditions, and the other tensors, once more.
| --
| -- An operand lies in shared memory as it does in global memory, so that four neighbours stay together: along the depth, [row][depth]
| -- with its chunks of four in such an order that threads of a warp read from different banks (swizzled() in prelude.cu), else [depth][row].
| -- A thread keeps $(TM) x $(TN) sums in registers, in groups of four neighbours. Where the result is small, `SLICES` threads share the
| -- depth of each sum, and the parts are joined in shared memory.
| local along_a, along_b, sliced = a.along == "depth", b.along == "depth", TZ > 1
| local tile_of = {a = sliced and "shared.tile.a" or "a_tile", b = sliced and "shared.tile.b" or "b_tile"}
| local places = {}
| if TX > 1 then places[#places + 1] = ("tx = threadIdx.x %% %d"):format(TX) end
| if TY > 1 then places[#places + 1] = "ty = threadIdx.x" .. (TX > 1 and (" / %d"):format(TX) or "") .. (sliced and (" %% %d"):format(TY) or "") end
| if sliced then places[#places + 1] = ("slice = threadIdx.x / %d"):format(TX * TY) end
| local function dimensions(x, tile)
| if x.along ~= "depth" then return ("[2][STEP][%s]"):format(tile) end
| return ("[2][%s / 4][4 * STEP]"):format(tile)
| end
const int $(table.concat(places, ", "));
| if sliced then
__shared__ __align__(16) union {
    struct { float a$(dimensions(a, "ROW_TILE")), b$(dimensions(b, "COLUMN_TILE")); } tile;
    float sums[SLICES][ROW_TILE][COLUMN_TILE];
} shared;
| else
__shared__ __align__(16) float a_tile$(dimensions(a, "ROW_TILE")), b_tile$(dimensions(b, "COLUMN_TILE"));
| end
| for _, x in ipairs {a, b} do
| if not x.copied then
$(x.group == 4 and "Four" or "float") $(x.name)_next$(x.loads_each > 1 and ("[%d]"):format(x.loads_each) or "");
| end
| end
| local count = steps
| if not math.type(steps) then count = "steps"
const int steps = $(steps);
| end
$(a.of_kernel .. b.of_kernel)
float sum[$(TM)][$(TN)] = {};
for (int step = -1; step < $(count); step++) {
    const int next = step + 1;
| if a.copied or b.copied then
    wait_copies();
| end
    __syncthreads();
    if (next < $(count)) {
        const int begin = $(depth_first and depth_first .. " + " or "")next * STEP;
        $(a.load(tile_of.a .. "[next & 1]"))
        $(b.load(tile_of.b .. "[next & 1]"))
    }
    if (step >= 0) {
| -- what a thread reads of a side of the tile with T threads of n sums: along the depth, four depths of each of its rows
| local function rows(x, t, T, n)
| local group = n == 4 and t or T == 1 and "k / 4" or ("%s + k / 4 * %d"):format(t, T)
| return ("Four %s[%d];\n#pragma unroll\nfor (int k = 0; k < %d; k++) %s[k] = load_four(%s[step & 1][%s] + swizzled(%s, k %% 4, chunk, STEP / 4));\n")
|   :format(x.name, n, n, x.name, tile_of[x.name], group, group)
| end
| -- else the neighbours at one depth
| local function neighbours(x, t, T, n)
| local function four(at) return ("load_four(&%s[step & 1][chunk * 4 + d][%s])"):format(tile_of[x.name], at) end
| local mine = T > 1 and t .. " * 4" or "0"
| if n == 4 then return ("const Four %s = %s;\n"):format(x.name, four(mine)) end
| return ("const Four %s[] = {%s, %s};\n"):format(x.name, four(mine), four(("%d + %s"):format(4 * T, mine)))
| end
| local function factor(x, n, k)
| if x.along == "depth" then return ("%s[%s].at[d]"):format(x.name, k) end
| return n == 4 and ("%s.at[%s]"):format(x.name, k) or ("%s[%s / 4].at[%s %% 4]"):format(x.name, k, k)
| end
        #pragma unroll
| if sliced then
        for (int c = 0; c < STEP / 4; c += SLICES) {
            const int chunk = slice + c;
| else
        for (int chunk = 0; chunk < STEP / 4; chunk++) {
| end
            $((along_a and rows(a, TY > 1 and "ty" or "0", TY, TM) or "") .. (along_b and rows(b, TX > 1 and "tx" or "0", TX, TN) or ""))
            #pragma unroll
            for (int d = 0; d < 4; d++) {
                $((along_a and "" or neighbours(a, "ty", TY, TM)) .. (along_b and "" or neighbours(b, "tx", TX, TN)))
                #pragma unroll
                for (int r = 0; r < $(TM); r++)
                    #pragma unroll
                    for (int q = 0; q < $(TN); q++) sum[r][q] += $(factor(a, TM, "r")) * $(factor(b, TN, "q"));
            }
        }
    }
| if not (a.copied and b.copied) then
    if (next < $(count)) {
        $(a.store(tile_of.a .. "[next & 1]"))
        $(b.store(tile_of.b .. "[next & 1]"))
    }
| end
}
| if sliced then
__syncthreads();
#pragma unroll
for (int r = 0; r < $(TM); r++) {
    const int row = $(spot("ty", TY, TM, "r"));
    #pragma unroll
    for (int q = 0; q < $(TN); q += 4)
        store_four(&shared.sums[slice][row][$(TX == 1 and "q" or TN == 4 and "tx * 4" or ("q * %d + tx * 4"):format(TX))], {{sum[r][q], sum[r][q + 1], sum[r][q + 2], sum[r][q + 3]}});
}
__syncthreads();
const int $(E.places);
float joined[$(E.rows)][4];      /* of this thread's share of the tile, the sums of all slices in their order */
#pragma unroll
for (int r = 0; r < $(E.rows); r++) {
| if E.some then
    if ($(E.some)) continue;
| end
    #pragma unroll
    for (int q = 0; q < 4; q++) joined[r][q] = shared.sums[0][$(E.row("r"))][$(E.column("q"))];
    #pragma unroll
    for (int s = 1; s < SLICES; s++)
        #pragma unroll
        for (int q = 0; q < 4; q++) joined[r][q] += shared.sums[s][$(E.row("r"))][$(E.column("q"))];
}
| end
$(finish())
