| -- map.c: the body of one part of a map kernel: values stored at each point of a domain.
| -- flat: the domain is elements begin .. end-1; otherwise rows begin .. end-1 of its first long axis.
| if flat then
| local P = part(p, {"i"}, nil, true)
for (int i = begin; i < end; i++) {
    $(statements(P))
}
| else
| local index, depth = {}, 0
| for k, n in ipairs(domain) do
| index[k] = n == 1 and "0" or "i" .. k
| if n > 1 then
| depth = depth + 1
$(("    "):rep(depth - 1))for (int i$(k) = $(k == axis and "begin" or 0); i$(k) < $(k == axis and "end" or n); i$(k)++)
| end
| end
{
| local P = part(p, index)
    $(statements(P))
}
| end
