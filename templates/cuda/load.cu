| -- load.cu: a thread's share of a tile of an operand of gemm.cu, `name` a or b, `outer` row or column: plain values are copied to
| -- `to`, a buffer in shared memory; others are computed into registers.
| local pad, all = "    ", {}
| for _, list in ipairs {shares, places, declarations} do table.move(list, 1, #list, #all + 1, all) end
| local guard = table.concat(guards, " && ")
| local each = group == 4 and not copied and needed({{element, "first + k"}}, code) or ""
| local target = name .. (loads_each > 1 and "_next[f]" or "_next")
$(of_step)
| if loads_each > 1 then
#pragma unroll
for (int f = 0; f < $(loads_each); f++) {
| else
{
| end
    $(needed(all, table.concat({guard, loads, code, each, copied and place or ""}, " ")))
| if copied then
    $(some)copy_async(&$(to)$(place), $(copied), $(guard == "" and "true" or guard));
| else
| if some ~= "" then guard = some:match("%((.*)%)") .. (guard == "" and "" or " && " .. guard) end
| if group == 4 then
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
    $(target) = v;
| else
    float value = 0.0f;
    $(guard ~= "" and "if (" .. guard .. ") {" or "{")
        $(code)
        value = $(v);
    }
    $(target) = value;
| end
| end
}
