-- dw.lua: weight gradients: conv_dw and transposed matmul: dw.c, dwfinish.c.
local machine, text = module "cpu/machine.lua", module "cpu/text.lua"
local min, max, ceil = math.min, math.max, math.ceil
local kernel, rows_of, split_rows, direct = text.kernel, text.rows_of, text.split_rows, text.direct
local lanes, VECTORS, L2 = machine.lanes, machine.VECTORS, machine.L2

-- Output channels in blocks of V vectors: as few blocks as the registers allow, as equal as possible
local function blocks_of(channels, most)
  local vectors = ceil(channels / lanes)
  local n = ceil(vectors / most)
  local out, from = {}, 0
  for k = 1, n do
    local v = vectors // n + (k <= vectors % n and 1 or 0)
    out[k] = {from = from * lanes, vectors = v, width = v * lanes}
    from = from + v
  end
  return out
end

local function dw_shape(K)
  local d = {}
  for _, name in ipairs {"N", "H", "W", "I", "KH", "KW", "OH", "OW", "O", "SH", "SW", "PH", "PW"} do d[name] = K[name] end
  d.blocks = blocks_of(K.O, VECTORS)
  d.OP = d.blocks[#d.blocks].from + d.blocks[#d.blocks].width
    local image = 4 * (K.H * K.W * K.I + K.OH * K.OW * d.OP)
  d.images = 1
  while d.images * 2 * image <= L2 and d.images * 2 <= max(1, K.N // 8) do d.images = d.images * 2 end
  d.chunks = ceil(K.N / d.images)
  d.y_at = ceil(d.images * K.H * K.W * K.I / 16) * 16
  return d
end

local function dw_size(K)
  local d = dw_shape(K)
  return {main = d.chunks, finish = ceil(d.KH * d.KW * d.I * d.O / 8192), partial_bytes = 4 * d.chunks * d.KH * d.KW * d.I * d.OP,
          thread_bytes = 4 * (d.y_at + d.images * d.OH * d.OW * d.OP)}
end

local function dw_launch(K, phase)
  local d = dw_shape(K)
  local what = ("%s_%dx%dx%d_%dx%d_%d"):format(K.op == "matmul" and "matmul_dw" or "conv_dw", K.H, K.W, K.I, K.KH, K.KW, K.O)
  if phase == "finish" then
    local rows = d.KH * d.KW * d.I
    for _, p in ipairs(K.parameters) do if p.written then d.out = p.name end end
    return kernel(K, "sums_" .. what, ("sums of %d chunks"):format(d.chunks), rows_of(rows, ceil(rows * d.O / 8192)) .. render("cpu/dwfinish.c", d))
  end
  local matmul = K.op == "matmul"
  local function operand(i, n, h, w, c)
    if not matmul then return value(i, {n, h, w, c}) end
    return value(i, i == 2 and K.tb and {c, n} or {n, c})
  end
  local function plain(i, sizes)
    local index = matmul and (i == 2 and K.tb and {"c", "n"} or {"n", "c"}) or {"n", "h", "w", "c"}
    return direct(i, index, offset(sizes, {"n", "h", "w", "c"}))
  end
  d.direct_x = plain(1, {d.N, d.H, d.W, d.I})
  d.direct_y = d.OP == d.O and plain(2, {d.N, d.OH, d.OW, d.O}) or nil
  d.fill_x, d.fill_y = not d.direct_x, not d.direct_y
  d.x_value = function(...) return operand(1, ...) end
  d.y_value = function(...) return operand(2, ...) end
  d.row_steps = split_rows(d.I)
  for _, r in ipairs(d.row_steps) do r.loop = ("for (int i = %d; i < %d; i += %d)"):format(r.from, r.till, r.rows) end
  d.tile_name = function(rows, vectors) return text.tile(rows, vectors, "cpu/dwtile.c", "dwtile") end
  return kernel(K, what, nil, render("cpu/dw.c", d))
end

return {size = dw_size, launch = dw_launch}
