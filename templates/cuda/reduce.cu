| -- reduce.cu: sums and maxima of one or more values: `points` results, each of `count` terms. A block has some points and `lanes`
| -- threads for each; it may have a piece of the terms only: then its results are partial. A thread takes every lanes-th term; what
| -- the lanes have is joined in an order that is always the same. The lanes of a point are side by side in a warp, or, `across`,
| -- the points are.
| local width = threads // lanes
enum { POINTS = $(points), COUNT = $(count), LANES = $(lanes), WIDTH = $(width)$(pieces > 1 and (", PIECES = %d, EACH = %d"):format(pieces, each) or "") };
| local block = pieces > 1 and "(blockIdx.x / PIECES)" or "(int)blockIdx.x"
| if across then
const int lane = threadIdx.x / WIDTH, point = $(block) * WIDTH + threadIdx.x % WIDTH;
| else
const int lane = threadIdx.x % LANES, point = $(block) * WIDTH + threadIdx.x / LANES;
| end
| if pieces > 1 then
const int piece = blockIdx.x % PIECES, begin = piece * EACH, end = min_int(COUNT, begin + EACH);
| end
| for r = 1, results do
float a$(r) = $(max[r] and "-INFINITY" or "0.0f");
| end
| local P = terms()
| local joins = {}
| for r = 1, results do joins[r] = ("a%d = %s;\n"):format(r, join(r, "a" .. r, P.reduces[r])) end
if (point < POINTS)
    for (int term = $(pieces > 1 and "begin + lane" or "lane"); term < $(pieces > 1 and "end" or "COUNT"); term += LANES) {
        $(needed(P.declarations, P.code .. table.concat(joins)))
        $(P.code)
        $(table.concat(joins))
    }
| if lanes > 1 and not across then
#pragma unroll
for (int d = $(math.min(lanes, 32) // 2); d > 0; d /= 2) {
| for r = 1, results do
    a$(r) = $(join(r, "a" .. r, ("__shfl_xor_sync(0xffffffffu, a%d, d)"):format(r)));
| end
}
| end
| local rows = across and lanes or lanes // 32
| if rows > 1 then
__shared__ float part[$(results)][$(rows)]$(across and "[WIDTH]" or "");
| local column = across and "[threadIdx.x % WIDTH]" or ""
$(across and "" or "if (lane % 32 == 0) {")
| for r = 1, results do
$(across and "" or "    ")part[$(r - 1)][$(across and "lane" or "lane / 32")]$(column) = a$(r);
| end
$(across and "" or "}")
__syncthreads();
if (lane == 0)
    for (int k = 1; k < $(rows); k++) {
| for r = 1, results do
        a$(r) = $(join(r, "a" .. r, ("part[%d][k]%s"):format(r - 1, column)));
| end
    }
| end
if ($(lanes > 1 and "lane == 0 && " or "")point < POINTS) {
| for r = 1, results do
    $(to(r)) = a$(r);
| end
}
