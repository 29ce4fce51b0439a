-- gather.lua: conv, conv_dx and plain matmul: gather.c, and pack.c for their weights.
local machine, text, reduce = module "cpu/machine.lua", module "cpu/text.lua", module "cpu/reduce.lua"
local min, max, ceil, abs = math.min, math.max, math.ceil, math.abs
local kernel, split_rows = text.kernel, text.split_rows
local lanes, VECTORS = machine.lanes, machine.VECTORS

-- Images of a chunk: about 16, so that a batch gives enough chunks and a chunk fills register tiles
local function images_of(n)
  if n <= 18 then return max(1, n > 8 and ceil(n / 2) or n) end
  local best, least = 16, 1e9
  for c = 18, 10, -1 do
    local chunks = ceil(n / c)
    local waste = (chunks * c - n) / n + (chunks % 2) / chunks + abs(c - 16) * 0.01
    if waste < least then best, least = c, waste end
  end
  return best
end

-- The same for full chunks and, if it is smaller, the last one
local function plans_of(n, images)
  local out = split_rows(images)
  local left = n % images
  for _, r in ipairs(out) do r.condition = left > 0 and ("if (images == %d) "):format(images) or "" end
  if left > 0 then
    for _, r in ipairs(split_rows(left)) do r.condition = ("if (images == %d) "):format(left); out[#out + 1] = r end
  end
  return out
end

-- The source and destination of a gather, and its sub-problems
local function gather_shape(K)
  local dx = K.op == "conv_dx"
  local g = {N = K.N, CI = dx and K.O or K.I, CO = dx and K.I or K.O, SH_ = dx and K.OH or K.H, SW_ = dx and K.OW or K.W,
             DSH = dx and K.SH or 1, DSW = dx and K.SW or 1, subs = {}}
  local function axis(size, kernel, stride, padding, out, a)
    if not dx then return {J = out, T = kernel, P = padding, ST = stride, k = function(t) return t end} end
    local k0 = (a + padding) % stride
    local T = k0 < kernel and ceil((kernel - k0) / stride) or 0
    return {J = ceil((size - a) / stride), T = T, P = T - 1 - (a + padding - k0) // stride, ST = 1, k = function(t) return k0 + stride * (T - 1 - t) end}
  end
  local at = 0
  local vectors = ceil(g.CO / lanes)
  g.OP = vectors * lanes
  g.blocks = {}
  for v = 0, vectors - 1, VECTORS do
    local n = min(VECTORS, vectors - v)
    g.blocks[#g.blocks + 1] = {from = v * lanes, vectors = n, width = n * lanes}
  end
  g.STH, g.STW = dx and 1 or K.SH, dx and 1 or K.SW
  for ah = 0, g.DSH - 1 do
    for aw = 0, g.DSW - 1 do
      local h, w = axis(K.H, K.KH, K.SH, K.PH, K.OH, ah), axis(K.W, K.KW, K.SW, K.PW, K.OW, aw)
      if h.J > 0 and w.J > 0 then
        g.subs[#g.subs + 1] = {ah = ah, aw = aw, JH = h.J, JW = w.J, TH = h.T, TW = w.T, PH = h.P, PW = w.P, STH = h.ST, STW = w.ST, kh = h.k, kw = w.k, at = at}
        at = at + h.T * w.T * g.CI * g.OP
      end
    end
  end
  g.weights = max(at, 1)
  g.tasks = #g.subs * #g.blocks
  g.step_h, g.step_w = dx and -K.SH or 1, dx and -K.SW or 1
  g.transposed = dx or K.tb
  g.images = images_of(K.N)
  g.chunks = ceil(K.N / g.images)
  g.plans = plans_of(K.N, g.images)
  -- images that lie a multiple of 2 KB apart would share few sets of the L1 cache
  local image = g.SH_ * g.SW_ * g.CI
  g.image = (g.images > 1 and (image % 512 < 64 or image % 512 > 448)) and image + 80 or image
  g.panel = min(g.OP, 32 * lanes)
  g.panels = {}
  for from = 0, g.CO - 1, g.panel do
    local p = {from = from, till = min(from + g.panel, g.CO), groups = {}}
    local vectors_here = ceil((p.till - from) / lanes)
    local even = vectors_here // VECTORS * VECTORS
    if even > 0 then p.groups[1] = {from = from, till = from + even * lanes, vectors = VECTORS} end
    if even < vectors_here then p.groups[#p.groups + 1] = {from = from + even * lanes, till = from + vectors_here * lanes, vectors = vectors_here - even} end
    g.panels[#g.panels + 1] = p
  end
  return g
end

local function source_index(K, n, h, w, c)
  if K.op ~= "matmul" then return {n, h, w, c} end
  return K.ta and {c, n} or {n, c}
end

-- What the order of the packed weights depends on: kernels that differ in any of it must not share a copy
local function pack_key(K, g)
  local key = {K.op, K.tb and "^T" or "", g.CI, g.CO, K.KH, K.KW, g.step_h, g.step_w}
  for _, s in ipairs(g.subs) do key[#key + 1] = ("%dx%d from %d,%d at %d"):format(s.TH, s.TW, s.kh(0), s.kw(0), s.at) end
  return table.concat(key, " ")
end

local function gather_size(K)
  local P = K.parts[1]
  local g = gather_shape(K)
  local size = {main = g.chunks, pack = g.tasks, pack_bytes = 4 * g.weights, pack_key = pack_key(K, g),
                thread_bytes = 4 * g.images * g.image}
  if P.reduces > 0 then
    size.partial_bytes = 4 * g.chunks * P.reduces * g.CO
    size.finish = reduce.finish_chunks(g.CO)
  end
  return size
end

local function gather_launch(K, phase)
  local g, P = gather_shape(K), K.parts[1]
  local what = ("%s_%dx%dx%d_%dx%d_%d"):format(K.op, g.SH_, g.SW_, g.CI, K.KH, K.KW, g.CO)
  if K.op == "matmul" then what = ("matmul_%dx%dx%d"):format(K.N, K.I, K.O) end
  if phase == "finish" then return reduce.finish_sums(K, g.CO, g.chunks) end
  g.reduces = P.reduces
  if phase == "pack" then
    g.weight = function(kh, kw, i, o)
      if K.op == "matmul" then return value(2, K.tb and {o, i} or {i, o}) end
      return value(2, K.op == "conv_dx" and {kh, kw, o, i} or {kh, kw, i, o})
    end
    return kernel(K, "pack_" .. what, "weights in the order of " .. what, render("cpu/pack.c", g))
  end
  local at = offset({g.N, g.SH_, g.SW_, g.CI}, {"n", "h", "w", "c"})
  g.direct = text.direct(1, source_index(K, "n", "h", "w", "c"), at)
  g.fill = not g.direct or g.image ~= g.SH_ * g.SW_ * g.CI
  g.source_value = function(n, h, w, c) return value(1, source_index(K, n, h, w, c)) end
  g.epilogue = function(n, h, w, o, a) return part(1, K.op == "matmul" and {n, o} or {n, h, w, o}, a) end
  g.tile_name = function(rows, vectors) return text.tile(rows, vectors, "cpu/tile.c", "tile") end
  return kernel(K, what, nil, render("cpu/gather.c", g))
end

return {size = gather_size, launch = gather_launch}
