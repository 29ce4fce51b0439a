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
| -- A thread keeps $(TM) x $(TN) sums in registers, in groups of four neighbours; how it makes them, fma.cu says, or mma.cu, for tensor
| -- cores. Where the result is small, `SLICES` threads share the depth of each sum, and the parts are joined in shared memory.
| local sliced = TZ > 1
| if numbers then
const int $(E.places), lane_row = lane / 8 * 4 + lane / 4 % 2 * 16;
| if a.along == "depth" or b.along == "depth" then
const int matrix_row = lane % 8 / 2 * 4 + lane % 2 * 16 + lane / 8;
| end
__shared__ __align__(16) uint32_t a_tile[2]$(a.shared), b_tile[2]$(b.shared);
| else
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
        $(a.load(a.buffer .. "[next & 1]"))
        $(b.load(b.buffer .. "[next & 1]"))
    }
    if (step >= 0) {
        $(products())
    }
| if not (a.copied and b.copied) then
    if (next < $(count)) {
        $(a.store(a.buffer .. "[next & 1]"))
        $(b.store(b.buffer .. "[next & 1]"))
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
