| -- map.cu: one part of a map kernel, elements begin .. end-1 of its domain in row order: each thread has four neighbours, or, when
| -- the last axis is no multiple of four, four elements that lie a block apart. flat: all tensors have the domain's shape.
| local index, last, declarations = {}, #domain, {}
| for k, n in ipairs(domain) do index[k] = n == 1 and "0" or "i" .. k end
| local fours = flat or last > 0 and domain[last] % 4 == 0
| local c = flat and "i" or "i" .. last
| local P = part(p, flat and {"i"} or index, nil, flat)
| if fours then
| local loads, code = four_loads(P.code, c, "first")
| local before, within, after = four_stores(P.stores, c, "first", flat and "end - first")
| if not flat then
| local at = unravel("at", domain)
| for k = 1, last - 1 do declarations[k] = {"i" .. k, at[k]} end
| declarations[last] = {"first", at[last]}
| end
| if flat then
const int first = begin + (int)threadIdx.x * 4;
if (first >= end) return;
| else
const int at = begin + (int)threadIdx.x * 4;
if (at >= end) return;
$(needed(declarations, loads .. code .. within .. after .. "first"))
| end
$(loads)
$(before)
#pragma unroll
for (int k = 0; k < 4; k++) {
    $(needed({{c, "first + k"}}, code .. within))
    $(code)
    $(within)
}
$(after)
| else
| local at, stores = unravel("at", domain), {}
| for k = 1, last do declarations[k] = {"i" .. k, at[k]} end
| for k, s in ipairs(P.stores) do stores[k] = ("%s = %s;\n"):format(s.to, s.value) end
| stores = table.concat(stores)
for (int at = begin + (int)threadIdx.x; at < end; at += $(threads)) {
    $(needed(declarations, P.code .. stores))
    $(P.code)
    $(stores)
}
| end
