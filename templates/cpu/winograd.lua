-- winograd.lua: an axis of a convolution of kernel 4 and stride 2 as Winograd's algorithm F(2,2) sees it, for all three faces.
--
-- The two positions that a stride covers become channels: S[q] is x[2q - P] and x[2q - P + 1], side by side. With g0 the taps 0 and
-- 1, g1 the taps 2 and 3, output j is S[j] g0 + S[j+1] g1: a kernel of 2, of stride 1. Two outputs have one S in common; taken as a
-- tile they need three products instead of four (S. Winograd, Arithmetic Complexity of Computations, 1980; Lavin and Gray,
-- arXiv:1509.09308), with sums and differences before and after, but no factors:
--
--     S    0     1     2         product 0:  (S0 - S1) g0
--           \   / \   /                  1:   S1 (g0 + g1)         y0 = product 0 + product 1
--     y       0     1                    2:  (S2 - S1) g1          y1 = product 1 + product 2
--
-- A last output without a partner is a tile of two products, S0 g0 and S1 g1. The input's gradient is this read from right to left:
-- the products are of y0, y0 + y1 and y1, and what was taken from an S is added to it, or taken away where it was taken away.
local min, max = math.min, math.max

-- axis(size, padding, out) -> {outs, positions, items =, first =}: `size` x, `out` outputs, so many S. The items are the products, by
-- type (0, 1, 2), then by tile; those of type t are first[t] .. first[t + 1] - 1 (from 0). An item has
--   type, tile
--   x            the S that it is made of: {q}, or {q, r} for S[q] - S[r]
--   y            the outputs that it is added to: {j} or {j, j + 1}; the same are summed for the gradients
--   from, till   which of its S's two positions are within the input, as far as a last item can tell: 0, 2 otherwise
local function axis(size, padding, out)
  local full, a = out // 2, {outs = out, positions = out + 1, items = {}, first = {}}
  local function add(item)
    item.from, item.till = item.from or 0, item.till or 2
    a.items[#a.items + 1] = item
  end
  local function single(type, q)
    local from = max(0, min(2, padding - 2 * q))
    add {type = type, tile = full, x = {q}, y = {out - 1}, from = from, till = max(from, min(2, size + padding - 2 * q))}
  end
  for type = 0, 2 do
    a.first[type] = #a.items
    for i = 0, full - 1 do
      local q = 2 * i
      add {type = type, tile = i, x = ({[0] = {q, q + 1}, {q + 1}, {q + 2, q + 1}})[type], y = ({[0] = {q}, {q, q + 1}, {q + 1}})[type]}
    end
    if out % 2 == 1 and type == 0 then single(0, out - 1) end
    if out % 2 == 1 and type == 2 then single(2, out) end
  end
  a.first[3] = #a.items
  return a
end

-- What it is for: kernels of 4 and stride 2 whose products are of floats
local function fits(K) return K.KH == 4 and K.KW == 4 and K.SH == 2 and K.SW == 2 and K.numbers ~= "bf16" end

-- For the head of a kernel that leaves `left` multiplications of `all`
local function note(left, all)
  return ("By Winograd's algorithm F(2x2,2x2) (Lavin and Gray, arXiv:1509.09308), the four pixels of a stride as channels: %d\n" ..
          " * multiplications for a pair of channels and an image, where there are %d"):format(left, all)
end

return {axis = axis, fits = fits, note = note}
