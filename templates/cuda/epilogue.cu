| -- epilogue.cu: what is done with the sums of a tile that gemm.cu has made, and how they are stored. E says which of them are a
| -- thread's: those of rows E.row(r) for r < E.rows and columns E.column(q) for q < E.columns, of which fours are neighbours that
| -- begin at E.first; `E.threads` threads share a column. Sums by column of what is stored are joined in a fixed order and left for
| -- reduce.cu.
| local fours = columns % 4 == 0
| for k = 1, reduces do
float total$(k)[$(E.columns)] = {};
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
| local guards = {E.some}
| if P.row_guard then guards[#guards + 1] = "row >= " .. P.row_guard end
| local all = loads .. code .. before .. within .. after
#pragma unroll
for (int r = 0; r < $(E.rows); r++) {
    $(needed({{"row", "row0 + " .. E.row("r")}}, table.concat(guards, " ") .. " " .. needed(P.declarations, all) .. all))
| if #guards > 0 then
    if ($(table.concat(guards, " || "))) continue;
| end
    $(needed(P.declarations, all))
| if fours then
    #pragma unroll
    for (int q = 0; q < $(E.columns); q += 4) {
        const int first = column0 + $(E.first);
| if columns % BN ~= 0 then
        if (first >= $(columns)) continue;
| end
        $(loads)
        $(before)
        #pragma unroll
        for (int k = 0; k < 4; k++) {
            $(needed({{"o", "first + k"}}, code .. within))
            const float a = $(E.name)[r][q + k];
            $(code)
            $(within)
        }
        $(after)
    }
| else
    #pragma unroll
    for (int q = 0; q < $(E.columns); q++) {
        $(needed({{"o", "column0 + " .. E.column("q")}}, code .. within .. (columns % BN ~= 0 and "o" or "")))
| if columns % BN ~= 0 then
        if (o >= $(columns)) continue;
| end
        const float a = $(E.name)[r][q];
        $(code)
        $(within)
    }
| end
}
| if reduces > 0 then
__shared__ float fold[$(E.threads)][COLUMN_TILE];
| for k = 1, reduces do
| if k > 1 then
__syncthreads();
| end
#pragma unroll
for (int q = 0; q < $(E.columns); q++) $(E.some and "if (!(" .. E.some .. ")) " or "")fold[$(E.y)][$(E.column("q"))] = total$(k)[q];
__syncthreads();
| local c = columns % BN ~= 0 and ("column0 + threadIdx.x < %d"):format(columns)
| if BN < threads or c then
if ($(BN < threads and "threadIdx.x < COLUMN_TILE" .. (c and " && " .. c or "") or c)) {
| else
{
| end
    float all = fold[0][threadIdx.x];
    for (int y = 1; y < $(E.threads); y++) all += fold[y][threadIdx.x];
    partial[row_tile * $(reduces * columns) + $(k > 1 and (k - 1) * columns .. " + " or "")column0 + threadIdx.x] = all;
}
| end
| end
