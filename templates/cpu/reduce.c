| -- reduce.c: sums and maxima of one or more values over some axes of a domain. `axis` is the one that chunks split. It is
| -- reduced (mode "partial": each chunk adds into sums of its own, and finish.c joins them in the order of the chunks) or
| -- kept (mode "whole": each chunk writes whole results). Reduced axes at the end are summed in registers.
| local index, kept, inner = {}, {}, #domain + 1
| for k, n in ipairs(domain) do
| index[k] = n == 1 and "0" or "i" .. k
| kept[k] = axes[k] and 1 or n
| end
| while inner > 1 and (domain[inner - 1] == 1 or axes[inner - 1]) and inner - 1 ~= axis do inner = inner - 1 end
| local long = false
| for k = inner, #domain do long = long or domain[k] > 1 end
| if not long then inner = #domain + 1 end
| -- joins: a result is reached more than once, so it is added to
| local joins = mode == "partial"
| for k = 1, inner - 1 do joins = joins or (axes[k] and domain[k] > 1) end
| local place = offset(kept, index)
| local function to(r) return mode == "partial" and ("sum[%s]"):format(sum(r, place)) or ("%s[%s]"):format(reduced(1, r), place) end
| local function nest(from, till, choose)
| local lines, depth = {}, 0
| for k = from, till do
| if domain[k] > 1 and choose(k) then
| local begin, ends = k == axis and "begin" or "0", k == axis and "end" or domain[k]
| lines[#lines + 1] = ("    "):rep(depth) .. ("for (int i%d = %s; i%d < %s; i%d++)"):format(k, begin, k, ends, k)
| depth = depth + 1
| end
| end
| return table.concat(lines, "\n"), lines[#lines]
| end
| local clauses = {}
| for r = 1, reduces do clauses[r] = ("reduction(%s : a%d)"):format(max[r] and "max" or "+", r) end
| if mode == "partial" then
float *const sum = partial + (size_t)chunk * $(reduces * points);
for (int k = 0; k < $(points); k++) {
| for r = 1, reduces do
    sum[$(sum(r, "k"))] = $(start(r));
| end
}
| elseif joins or inner > #domain then
$(nest(1, #domain, function(k) return not axes[k] end))
{
| for r = 1, reduces do
    $(to(r)) = $(start(r));
| end
}
| end
$(nest(1, inner - 1, function() return true end))
{
| if inner <= #domain then
| for r = 1, reduces do
    float a$(r) = $(start(r));
| end
| local last = #domain
| while domain[last] == 1 do last = last - 1 end
    $(nest(inner, last - 1, function() return true end))
    #pragma omp simd $(table.concat(clauses, " "))
    $(nest(last, last, function() return true end))
    {
| local P = part(1, index)
        $(P.code)
| for r = 1, reduces do
        a$(r) = $(join(r, "a" .. r, P.reduces[r]));
| end
    }
| for r = 1, reduces do
    $(to(r)) = $(joins and join(r, to(r), "a" .. r) or "a" .. r);
| end
| else
| local P = part(1, index)
    $(P.code)
| for r = 1, reduces do
    $(to(r)) = $(join(r, to(r), P.reduces[r]));
| end
| end
}
