| -- fma.cu: the products of a step of gemm.cu by multiply-adds. A thread reads its share of both tiles: along the depth four depths of each
| -- of its rows at once, else four neighbours of one depth.
| local along_a, along_b, sliced = a.along == "depth", b.along == "depth", TZ > 1
| -- what a thread reads of a side of the tile with T threads of n sums: along the depth, four depths of each of its rows
| local function rows(x, t, T, n)
| local group = n == 4 and t or T == 1 and "k / 4" or ("%s + k / 4 * %d"):format(t, T)
| return ("Four %s[%d];\n#pragma unroll\nfor (int k = 0; k < %d; k++) %s[k] = load_four(%s[step & 1][%s] + swizzled(%s, k %% 4, chunk, STEP / 4));\n")
|   :format(x.name, n, n, x.name, x.buffer, group, group)
| end
| -- else the neighbours at one depth
| local function neighbours(x, t, T, n)
| local function four(at) return ("load_four(&%s[step & 1][chunk * 4 + d][%s])"):format(x.buffer, at) end
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
