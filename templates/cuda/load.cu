| -- load.cu: a thread's share of a tile of an operand of gemm.cu, from memory to registers: `name` is a or b, `outer` row or column.
| local code, v = value()
| local loads, pad, guards = "", "    ", {}
| if group == 4 then loads, code = four_loads(code, element, "first") end
| local whole = code:match("^const float [%w_]+ = x0%.at%[k%];\n$") and loads:match("= (.*);\n$")
| local places = along == "depth" and {depth = ("at %% %d"):format(step // group), [outer] = ("at / %d"):format(step // group)}
| or {depth = ("at / %d"):format(tile // group), [outer] = ("at %% %d"):format(tile // group)}
| local quick = along == "depth" and "depth" or outer
| if group == 4 then places[quick] = places[quick] .. " * 4" end
| local all = {{"at", loads_each > 1 and "threadIdx.x + f * THREADS" or "threadIdx.x"}, {"depth", depth_next .. " + " .. places.depth}, {outer, outer .. "0 + " .. places[outer]}}
| for _, d in ipairs(declarations) do all[#all + 1] = d end
| if total < threads then guards[1] = ("at < %d"):format(total) end
| for _, g in ipairs(inside) do guards[#guards + 1] = g end
| local guard = table.concat(guards, " && ")
| local each = group == 4 and not whole and needed({{element, "first + k"}}, code) or ""
| local to = name .. (loads_each > 1 and "_next[f]" or "_next")
| if loads_each > 1 then
#pragma unroll
for (int f = 0; f < $(loads_each); f++) {
| else
{
| end
    $(needed(all, guard .. loads .. code .. each))
| if group == 4 and whole and guard == "" then
    $(to) = $(whole);
| elseif group == 4 and whole then
    Four v = {};
    if ($(guard)) v = $(whole);
    $(to) = v;
| elseif group == 4 then
    Four v = {};
| if guard == "" then pad = "" else
    if ($(guard)) {
| end
    $(loads:gsub("([^\n]+)", pad .. "%1"))
    $(pad)#pragma unroll
    $(pad)for (int k = 0; k < 4; k++) {
    $((each .. code):gsub("([^\n]+)", pad .. "    %1"))
    $(pad)    v.at[k] = $(v);
    $(pad)}
| if guard ~= "" then
    }
| end
    $(to) = v;
| else
    float value = 0.0f;
    $(guard ~= "" and "if (" .. guard .. ") {" or "{")
        $(code)
        value = $(v);
    }
    $(to) = value;
| end
}
