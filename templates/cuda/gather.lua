-- gather.lua: conv and conv_dx: each result is gathered from a window of the source. As a product of matrices (gemm.lua): rows are
-- pixels of the result, columns its channels, and the depth goes over taps and channels of the source.
local text, reduce, gemm, axis = module "cuda/text.lua", module "cuda/reduce.lua", module "cuda/gemm.lua", module "axis.lua"
local ceil, max = math.ceil, math.max
local kernel, times = text.kernel, text.times

-- The sub-problems: conv_dx has one for each position modulo the stride
local function gather_shape(K)
  local dx = K.op == "conv_dx"
  local g = {dx = dx, N = K.N, CI = dx and K.O or K.I, CO = dx and K.I or K.O, HEIGHT = dx and K.OH or K.H, WIDTH = dx and K.OW or K.W,
             DSH = dx and K.SH or 1, DSW = dx and K.SW or 1, subs = {}, rows = {}}
  local depth = 0
  for a = 0, g.DSH - 1 do
    for b = 0, g.DSW - 1 do
      local h, w = axis(dx, K.H, K.KH, K.SH, K.PH, K.OH, a), axis(dx, K.W, K.KW, K.SW, K.PW, K.OW, b)
      if h.J > 0 and w.J > 0 then
        g.subs[#g.subs + 1] = {ah = a, aw = b, h = h, w = w}
        g.rows[#g.rows + 1] = g.N * h.J * w.J
        depth = max(depth, h.T * w.T * g.CI)
      end
    end
  end
  g.tile = gemm.choose(K.numbers, g.rows, g.CO, depth, 1)
  return g
end

-- What differs between the sub-problems, by name: a number where it does not; and in `values` those of each sub-problem where it does
local function fields(g)
  local out, table_of = {values = {}}, {}
  local function field(name, get)
    out[name] = get(g.subs[1])
    for _, s in ipairs(g.subs) do if get(s) ~= out[name] then out[name] = name end end
    if out[name] ~= name then return end
    table_of[#table_of + 1] = {name = name, get = get}
    out.values[name] = {}
    for k, s in ipairs(g.subs) do out.values[name][k] = get(s) end
  end
  local function with_inverse(name, get)
    field(name, get)
    if out[name] == name then field("inverse_" .. name, function(s) return ceil(2^30 / max(1, get(s))) end) end
  end
  field("rows_h", function(s) return s.h.J end)
  with_inverse("rows_w", function(s) return s.w.J end)
  with_inverse("pixels", function(s) return s.h.J * s.w.J end)
  field("taps_h", function(s) return s.h.T end)
  with_inverse("taps_w", function(s) return s.w.T end)
  field("pad_h", function(s) return s.h.P end)
  field("pad_w", function(s) return s.w.P end)
  field("at_h", function(s) return s.ah end)
  field("at_w", function(s) return s.aw end)
  field("weights_h", function(s) return s.h.k(0) end)
  field("weights_w", function(s) return s.w.k(0) end)
  return out, table_of
end

-- The first lines: which tile, of which sub-problem
local function head(g, table_of, rest)
  local t, declarations, lines = g.tile, gemm.places(g.tile, "blockIdx.x"), {}
  if #g.subs == 1 then return text.needed(declarations, rest) end
  table.remove(declarations, 2)
  lines[1] = text.needed(declarations, rest .. " row_tile"):gsub("\n$", "")
  local names = {"first"}
  for k, x in ipairs(table_of) do names[k + 1] = x.name end
  lines[#lines + 1] = ("static const struct { int %s; } sub[] = {     /* first: tile of rows */"):format(table.concat(names, ", "))
  local first = 0
  for k, s in ipairs(g.subs) do
    local row = {first}
    for i, x in ipairs(table_of) do row[i + 1] = x.get(s) end
    lines[#lines + 1] = ("    {%s},"):format(table.concat(row, ", "))
    first = first + ceil(g.rows[k] / t.BM)
  end
  lines[#lines + 1] = "};"
  lines[#lines + 1] = "int s = 0;"
  lines[#lines + 1] = ("while (s < %d && sub[s + 1].first <= row_tile) s++;"):format(#g.subs - 1)
  lines[#lines + 1] = "const int row0 = (row_tile - sub[s].first) * ROW_TILE;"
  local here = {}
  for k, x in ipairs(table_of) do here[k] = {x.name, "sub[s]." .. x.name} end
  return table.concat(lines, "\n") .. "\n" .. text.needed(here, rest)
end

local function both(a, b)
  if math.type(a) and math.type(b) then return a * b end
  if a == 1 then return b end
  if b == 1 then return a end
  return ("%s * %s"):format(a, b)
end

local function bracket(a) return tostring(a):match("^[%w_]+$") and a or ("(%s)"):format(a) end

local function over(a, b) return b == 1 and a or ("%s / %s"):format(a, bracket(b)) end
local function modulo(a, b) return b == 1 and "0" or ("%s %% %s"):format(a, b) end

-- a / b for 0 <= a < most, where b is a field: where it differs between sub-problems, by its inverse, if that is exact
local function over_field(a, f, name, most)
  if f[name] ~= name then return over(a, f[name]) end
  for _, b in ipairs(f.values[name]) do
    if (ceil(2^30 / max(1, b)) * b - 2^30) * most >= 2^30 then return over(a, name) end
  end
  return ("quotient(%s, %s)"):format(a, f["inverse_" .. name])
end

-- a list's terms as a sum; 0 vanishes
local function plus(...)
  local out = ""
  for _, term in ipairs {...} do
    if term ~= "0" and term ~= 0 then out = out == "" and tostring(term) or ("%s + %s"):format(out, term) end
  end
  return out == "" and "0" or out
end

local function minus(a, b)
  if b == 0 then return a end
  if math.type(b) and b < 0 then return ("%s + %d"):format(a, -b) end
  return a == "0" and ("-%s"):format(b) or ("%s - %s"):format(a, b)
end

-- Pixel `row` as n, j, i, and a depth as tap row t, tap column u and channel
local function pixel(g, f, row)
  local rows = 0
  for _, n in ipairs(g.rows) do rows = max(rows, n + g.tile.BM) end
  return {{"n", over_field(row, f, "pixels", rows)}, {"spot", ("%s - n * %s"):format(row, f.pixels)},
          {"j", f.rows_h == 1 and "0" or over_field("spot", f, "rows_w", rows)},
          {"i", f.rows_w == 1 and "0" or f.rows_h == 1 and "spot" or ("spot - j * %s"):format(f.rows_w)}}
end

-- Where steps do not reach over the end of a tap, all threads have the same one
local function taps(g, f, declarations, channel)
  local all = both(f.taps_h, f.taps_w)
  declarations[#declarations + 1] = {"tap", all == 1 and "0" or over(g.CI % g.tile.STEP == 0 and "begin" or "depth", g.CI)}
  declarations[#declarations + 1] = {"t", f.taps_h == 1 and "0" or over_field("tap", f, "taps_w", 1 << 10)}
  declarations[#declarations + 1] = {"u", f.taps_w == 1 and "0" or f.taps_h == 1 and "tap" or ("tap - t * %s"):format(f.taps_w)}
  declarations[#declarations + 1] = {channel, all == 1 and "depth" or ("depth - tap * %d"):format(g.CI)}
end

-- May an index of the source along an axis be outside of it?
local function leaves(g, name, size)
  for _, s in ipairs(g.subs) do
    local x = s[name]
    if x.P > 0 or (x.J - 1) * x.step - x.P + x.T > size then return true end
  end
end

local function source(K, g, f)
  local a = {along = "depth", group = g.CI % 4 == 0 and 4 or 1, element = "c", declarations = pixel(g, f, "row"), inside = {}}
  taps(g, f, a.declarations, a.group == 4 and "first" or "c")
  a.declarations[#a.declarations + 1] = {"h", minus(plus(times("j", g.dx and 1 or K.SH), "t"), f.pad_h)}
  a.declarations[#a.declarations + 1] = {"w", minus(plus(times("i", g.dx and 1 or K.SW), "u"), f.pad_w)}
  a.inside[#a.inside + 1] = g.row_guard and "row < " .. g.row_guard
  a.inside[#a.inside + 1] = g.depth_guard and "depth < " .. g.depth_guard
  if leaves(g, "h", g.HEIGHT) then a.inside[#a.inside + 1] = ("h >= 0 && h < %d"):format(g.HEIGHT) end
  if leaves(g, "w", g.WIDTH) then a.inside[#a.inside + 1] = ("w >= 0 && w < %d"):format(g.WIDTH) end
  a.value = function() return value(1, {"n", g.HEIGHT == 1 and "0" or "h", g.WIDTH == 1 and "0" or "w", "c"}) end
  return a
end

local function weights(K, g, f)
  local b = {along = g.dx and "depth" or "outer", inside = {}}
  b.group = gemm.group(g.dx and g.CI or g.CO)
  b.element = g.dx and "c" or "o"
  b.declarations = {}
  b.inside[#b.inside + 1] = g.column_guard and "column < " .. g.column_guard
  b.inside[#b.inside + 1] = g.depth_guard and "depth < " .. g.depth_guard
  if g.dx then
    taps(g, f, b.declarations, b.group == 4 and "first" or "c")
    b.declarations[#b.declarations + 1] = {"kh", minus(f.weights_h, times("t", K.SH))}
    b.declarations[#b.declarations + 1] = {"kw", minus(f.weights_w, times("u", K.SW))}
    b.value = function() return value(2, {"kh", "kw", "column", "c"}) end
    return b
  end
  b.declarations[1] = b.group == 4 and {"first", "column"} or {"o", "column"}
  local name = text.direct(2, {"kh", "kw", "c", "o"}, offset({K.KH, K.KW, K.I, K.O}, {"kh", "kw", "c", "o"}))
  if name then        -- the weights are the matrix
    b.value = function() return ("const float weight = %s[%s];\n"):format(name, offset({9, K.O}, {"depth", "o"})), "weight" end
    return b
  end
  taps(g, f, b.declarations, "c")
  b.value = function() return value(2, {"t", "u", "c", "o"}) end
  return b
end

local function gather_size(K)
  local g, reduces = gather_shape(K), K.parts[1].reduces
  return reduce.with_partials({main = g.tile.row_tiles * g.tile.column_tiles}, reduces, g.CO, g.tile.row_tiles)
end

-- Do all of these divide by n?
local function fits(list, n)
  for _, v in ipairs(list) do if v % n ~= 0 then return false end end
  return true
end

local function gather_launch(K, phase)
  local g, P = gather_shape(K), K.parts[1]
  local t = g.tile
  if phase == "finish" then return reduce.finish_sums(K, g.CO, t.row_tiles) end
  local f, table_of = fields(g)
  local depths = {}
  for k, s in ipairs(g.subs) do depths[k] = s.h.T * s.w.T * g.CI end
  local depth = both(both(f.taps_h, f.taps_w), g.CI)
  g.row_guard = not fits(g.rows, t.BM) and both(g.N, both(f.rows_h, f.rows_w)) or nil
  g.column_guard = g.CO % t.BN ~= 0 and g.CO or nil
  g.depth_guard = not fits(depths, t.STEP) and depth or nil
  local function epilogue()
    local declarations = pixel(g, f, "row")
    declarations[#declarations + 1] = {"h", plus(times("j", g.DSH), f.at_h)}
    declarations[#declarations + 1] = {"w", plus(times("i", g.DSW), f.at_w)}
    local out = part(1, {"n", "h", "w", "o"}, "a")
    out.declarations, out.row_guard = declarations, g.row_guard
    return out
  end
  local what = ("%s_%dx%dx%d_%dx%d_%d"):format(K.op, g.HEIGHT, g.WIDTH, g.CI, K.KH, K.KW, g.CO)
  return kernel(K, what, nil, gemm.body(t, {
    head = function(rest) return head(g, table_of, rest) end, columns = g.CO, reduces = P.reduces, epilogue = epilogue, a = source(K, g, f), b = weights(K, g, f),
    steps = math.type(depth) and ceil(depth / t.STEP) or ("(%s + STEP - 1) / STEP"):format(depth)}), t.threads, t.numbers)
end

return {size = gather_size, launch = gather_launch}
