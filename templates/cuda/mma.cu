| -- mma.cu: the products of a step of gemm.cu by tensor cores, of rounded numbers: in shared memory lie words of them (mma.lua).
| --
| -- A warp multiplies patches of 32 rows by 32 columns, 8 words deep, in 8 instructions. Which row and column of the patch an instruction
| -- is given as its nth is free, and so chosen that a lane has neighbours: it hands in words of four neighbouring rows and of four
| -- neighbouring columns, and gets sums of four neighbouring rows, in each of which two times four neighbours.
| --
| -- An operand that is loaded across the depth lies in shared memory in that order: four words are read at once. One that is loaded along
| -- the depth is read by ldmatrix. Neither reading nor writing has bank conflicts: the rows of the one are four words longer, the parts
| -- of the other's are swizzled.
#pragma unroll
for (int d = 0; d < 2; d++) {
    uint32_t a[2][$(TM)], b[2][$(TN // 2)];        /* of the first four words of the depth, and of the other four */
    #pragma unroll
    for (int h = 0; h < 2; h++) {
| for _, x in ipairs {a, b} do
| local many = x.warp > 32
| local tile, at, pad = x.buffer .. "[step & 1]", many and "p * 4" or "0", many and "    " or ""
| local function spot(lane) return (x.moves and "warp_" .. x.outer .. " + " or "") .. (many and "p * 32 + " or "") .. lane end
| if many then
        #pragma unroll
        for (int p = 0; p < $(x.warp // 32); p++)
| end
| if x.along == "depth" then
        $(pad)load_matrices(&$(x.name)[h][$(at)], &$(tile)[swizzled_word($(spot("matrix_row")), d * 2 + h)]);
| else
        $(pad)load_words(&$(x.name)[h][$(at)], &$(tile)[d * 8 + h * 4 + lane % 4][$(spot("lane_row"))]);
| end
| end
    }
    #pragma unroll
    for (int r = 0; r < $(TM); r += 2)
        #pragma unroll
        for (int q = 0; q < $(TN // 2); q++) {
            const int c = $(TN > 8 and "q / 4 * 8 + q % 4" or "q");
            mma_$(numbers)(&sum[r][c], &sum[r + 1][c], a[0][r], a[0][r + 1], a[1][r], a[1][r + 1], b[0][q], b[1][q]);
        }
}
