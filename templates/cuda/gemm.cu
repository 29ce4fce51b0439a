| -- gemm.cu: a contraction as a product of matrices, rows x depth times depth x columns, neither of which exists in memory: what
| -- a row, a column and an index of the depth are is in the operands' loads (load.cu).
| --
| -- A block makes a tile of the result. Step by step, a slice of both operands' tiles is brought into shared memory, fused
| -- expressions applied, while the slice before it is multiplied: two buffers each. A thread keeps $(TM) x $(TN) sums in registers,
| -- in groups of four neighbours, so that shared memory is read four at a time. Where the result is small, `SLICES` threads share
| -- the depth of each sum. Sums by column of what is stored are joined in a fixed order and left for reduce.cu.
| local fours = TN % 4 == 0 and columns % 4 == 0
| local places = {}
| if TX > 1 then places[#places + 1] = ("tx = threadIdx.x %% %d"):format(TX) end
| if TY > 1 then places[#places + 1] = "ty = threadIdx.x" .. (TX > 1 and (" / %d"):format(TX) or "") .. (TZ > 1 and (" %% %d"):format(TY) or "") end
| if TZ > 1 then places[#places + 1] = ("slice = threadIdx.x / %d"):format(TX * TY) end
| -- where sum k of a thread lies along a side of the tile with T threads of n sums
| local function spot(t, T, n, k)
| if T == 1 then return k end
| if n == 1 then return t end
| if n == 4 then return ("%s * 4 + %s"):format(t, k) end
| return ("%s / 4 * %d + %s * 4 + %s %% 4"):format(k, 4 * T, t, k)
| end
| -- a thread's share of a row of a tile, and sum k's factor in it
| local function share(x, t, T, n)
| local function four(at) return ("load_four(&%s_tile[step & 1][d][%s])"):format(x, at) end
| local mine = T > 1 and (n == 1 and t or t .. " * 4") or "0"
| if n == 1 then return ("const float %s = %s_tile[step & 1][d][%s];"):format(x, x, mine) end
| if n == 4 then return ("const Four %s = %s;"):format(x, four(mine)) end
| return ("const Four %s[] = {%s, %s};"):format(x, four(mine), four(("%d + %s"):format(4 * T, mine)))
| end
| local function factor(x, n, k) return n == 1 and x or n == 4 and ("%s.at[%s]"):format(x, k) or ("%s[%s / 4].at[%s %% 4]"):format(x, k, k) end
const int $(table.concat(places, ", "));
__shared__ __align__(16) float a_tile[2][STEP][ROW_TILE$(a_pad)], b_tile[2][STEP][COLUMN_TILE$(b_pad)];
$(a.group == 4 and "Four" or "float") a_next$(a.loads_each > 1 and ("[%d]"):format(a.loads_each) or "");
$(b.group == 4 and "Four" or "float") b_next$(b.loads_each > 1 and ("[%d]"):format(b.loads_each) or "");
float sum[$(TM)][$(TN)] = {};
for (int step = -1; step < $(steps); step++) {
    const bool more = step + 1 < $(steps);
    if (more) {
        $(load_a)
        $(load_b)
    }
    if (step >= 0) {
        #pragma unroll
        for (int d = $(TZ > 1 and "slice" or 0); d < STEP; $(TZ > 1 and "d += SLICES" or "d++")) {
            $(share("a", "ty", TY, TM))
            $(share("b", "tx", TX, TN))
            #pragma unroll
            for (int r = 0; r < $(TM); r++)
                #pragma unroll
                for (int q = 0; q < $(TN); q++) sum[r][q] += $(factor("a", TM, "r")) * $(factor("b", TN, "q"));
        }
    }
    if (more) {
| for _, x in ipairs {a, b} do
| local at, next, pad = "threadIdx.x", x.name .. "_next", ""
| if x.loads_each > 1 then
| at, next, pad = "at", x.name .. "_next[f]", "    "
        #pragma unroll
        for (int f = 0; f < $(x.loads_each); f++) {
            const int at = threadIdx.x + f * THREADS;
| end
| local guard = x.total < threads and ("if (%s < %d) "):format(at, x.total) or ""
| local tile = x.name .. "_tile[step + 1 & 1]"
| if x.along == "depth" and x.group == 4 then
        $(pad)#pragma unroll
        $(pad)for (int k = 0; k < 4; k++) $(guard)$(tile)[$(at) % $(STEP // 4) * 4 + k][$(at) / $(STEP // 4)] = $(next).at[k];
| elseif x.along == "depth" then
        $(pad)$(guard)$(tile)[$(at) % $(STEP)][$(at) / $(STEP)] = $(next);
| elseif x.group == 4 then
        $(pad)$(guard)store_four(&$(tile)[$(at) / $(x.tile // 4)][$(at) % $(x.tile // 4) * 4], $(next));
| else
        $(pad)$(guard)$(tile)[$(at) / $(x.tile)][$(at) % $(x.tile)] = $(next);
| end
| if x.loads_each > 1 then
        }
| end
| end
    }
    __syncthreads();
}
| if TZ > 1 then
__shared__ float sliced[SLICES][$(TM * TN)][$(TX * TY)];     /* the sums of each slice, joined in their order */
#pragma unroll
for (int k = 0; k < $(TM * TN); k++) sliced[slice][k][threadIdx.x % $(TX * TY)] = sum[k / $(TN)][k % $(TN)];
__syncthreads();
if (slice == 0) {
    #pragma unroll
    for (int k = 0; k < $(TM * TN); k++)
        for (int s = 1; s < SLICES; s++) sum[k / $(TN)][k % $(TN)] += sliced[s][k][threadIdx.x];
}
| end
| for k = 1, reduces do
float total$(k)[$(TN)] = {};
| end
| local P = epilogue()
| local loads, code, before, within, after = "", P.code, "", {}, ""
| if fours then
| loads, code = four_loads(P.code, "o", "first")
| before, within, after = four_stores(P.stores, "o", "first")
| else
| for k, s in ipairs(P.stores) do within[k] = ("%s = %s;\n"):format(s.to, s.value) end
| within = table.concat(within)
| end
| for k, v in ipairs(P.reduces) do within = within .. ("total%d[%s] += %s;\n"):format(k, fours and "q + k" or "q", v) end
| local guards = {}
| if TZ > 1 then guards[1] = "slice > 0" end
| if P.row_guard then guards[#guards + 1] = "row >= " .. P.row_guard end
| local column = spot("tx", TX, TN, "q")
#pragma unroll
for (int r = 0; r < $(TM); r++) {
| local row = needed({{"row", "row0 + " .. spot("ty", TY, TM, "r")}}, table.concat(guards, " ") .. " " .. needed(P.declarations, loads .. code .. before .. within .. after) .. loads .. code .. before .. within .. after)
    $(row)
| if #guards > 0 then
    if ($(table.concat(guards, " || "))) continue;
| end
    $(needed(P.declarations, loads .. code .. before .. within .. after))
| if fours then
    #pragma unroll
    for (int q = 0; q < $(TN); q += 4) {
        const int first = column0 + $(TX == 1 and "q" or TN == 4 and "tx * 4" or ("q * %d + tx * 4"):format(TX));
| if columns % BN ~= 0 then
        if (first >= $(columns)) continue;
| end
        $(loads)
        $(before)
        #pragma unroll
        for (int k = 0; k < 4; k++) {
            $(needed({{"o", "first + k"}}, code .. within))
            const float a = sum[r][q + k];
            $(code)
            $(within)
        }
        $(after)
    }
| else
    #pragma unroll
    for (int q = 0; q < $(TN); q++) {
        $(needed({{"o", "column0 + " .. column}}, code .. within .. (columns % BN ~= 0 and "o" or "")))
| if columns % BN ~= 0 then
        if (o >= $(columns)) continue;
| end
        const float a = sum[r][q];
        $(code)
        $(within)
    }
| end
}
| if reduces > 0 then
__shared__ float fold[$(TY)][COLUMN_TILE];
| for k = 1, reduces do
| if k > 1 then
__syncthreads();
| end
#pragma unroll
for (int q = 0; q < $(TN); q++)
    $(TZ > 1 and "if (slice == 0) " or "")fold[$(TY == 1 and "0" or "ty")][$(column)] = total$(k)[q];
__syncthreads();
for (int c = threadIdx.x; c < COLUMN_TILE$(columns % BN ~= 0 and (" && column0 + c < %d"):format(columns) or ""); c += THREADS) {
    float all = fold[0][c];
    for (int y = 1; y < $(TY); y++) all += fold[y][c];
    partial[row_tile * $(reduces * columns) + $(k > 1 and (k - 1) * columns .. " + " or "")column0 + c] = all;
}
| end
| end
