-- target.lua: the CPU target: how kernels split into chunks, and which template renders what.
--
-- size(K) and launch(K, phase, barrier) are called by gen/emit.c for each kernel; K is described there (push_kernel).

local min, max, ceil, abs = math.min, math.max, math.ceil, math.abs

-- what an instruction set has: floats in a vector, vector registers
local sets = {avx512 = {16, 32}, avx2 = {8, 16}, sse2 = {4, 16}, neon = {4, 32}, c = {4, 16}}
-- the constraint of inline assembly for a vector register
local keep = {avx512 = "v", avx2 = "x", sse2 = "x", neon = "w"}
local lanes, registers = sets[isa][1], sets[isa][2]

-- the register tile of contractions: rows x vectors sums, the vectors, and a broadcast fit the registers
local ROWS, VECTORS = registers >= 32 and 8 or 6, 2
local FLAT = 4096           -- elements of a chunk of a map
local L2 = 384 * 1024       -- bytes of a chunk's tiles

local function product(list)
  local n = 1
  for _, v in ipairs(list) do n = n * v end
  return n
end

local function list(n, f, separator)
  local out = {}
  for k = 0, n - 1 do out[#out + 1] = f(k) end
  return table.concat(out, separator or ", ")
end

local function shape_name(s) return #s == 0 and "scalar" or table.concat(s, "x") end

---- text that is made once ----

local functions, order, named = {}, {}, {}
local entries, launches = {}, {}

-- define(name, parameters, body, note) -> the name of a function with this body: an earlier one if the text is the same; and its
-- text, "" if it is an earlier one
local function define(name, parameters, body, note)
  local key = parameters .. body
  if functions[key] then return functions[key], "" end
  local base, n = name, 1
  while named[name] do n = n + 1; name = base .. "_" .. n end
  named[name] = true
  functions[key] = name
  local text = ("%sKERNEL %s(%s)\n{\n%s}\n"):format(note, name, parameters, (body:gsub("([^\n]+)", "    %1")))
  order[#order + 1] = {text = text, prototype = ("KERNEL %s(%s);"):format(name, parameters)}
  return name, text
end

-- Parameters that a body uses, in order: {name, type, argument}
local function used(body, all)
  local out, words = {}, {}
  for word in body:gmatch("[%a_][%w_]*") do words[word] = true end
  for _, p in ipairs(all) do if words[p.name] then out[#out + 1] = p end end
  return out
end

local function declare(parameters)
  local out = {}
  for _, p in ipairs(parameters) do out[#out + 1] = p.type:match("%*") and p.type:gsub(" %*", " *") .. " " .. p.name or p.type .. " " .. p.name end
  return table.concat(out, ", "):gsub("restrict ", "restrict ")
end

local function arguments(parameters)
  local out = {}
  for _, p in ipairs(parameters) do out[#out + 1] = p.argument end
  return table.concat(out, ", ")
end

local function cast(p) return (p.type:match("uint8_t") and "U8(%s)" or "F32(%s)"):format(p.address or "0") end

local function all_parameters(K)
  local all = {{name = "call", type = "const BurinCall *", argument = "call"}}
  for _, p in ipairs(K.parameters) do all[#all + 1] = {name = p.name, type = p.type, argument = cast(p), written = p.written, shape = p.shape} end
  all[#all + 1] = {name = "pack", type = "float *restrict", argument = ("F32(S + %d)"):format(K.pack_at)}
  all[#all + 1] = {name = "partial", type = "float *restrict", argument = ("F32(S + %d)"):format(K.partial_at)}
  all[#all + 1] = {name = "tile", type = "float *restrict", argument = "tile"}
  all[#all + 1] = {name = "chunk", type = "int", argument = "chunk"}
  return all
end

-- A kernel's function; above it, what the generator says of it (K.about), `comment` and its tensors. Returns its name, its call
-- and its text
local function kernel(K, name, comment, body)
  local parameters = used(body, all_parameters(K))
  local about = {}
  for _, p in ipairs(parameters) do if p.shape then about[#about + 1] = p.name .. " " .. p.shape end end
  local lines = K.about:gsub("\n", "\n * ")
  if comment then lines = lines .. "\n * " .. comment end
  local note = ("/* %s%s */\n"):format(lines, #about > 0 and "\n * " .. table.concat(about, ", ") or "")
  local got, text = define(name, declare(parameters), body, note)
  return got, ("%s(%s)"):format(got, arguments(parameters)), text
end

-- `begin` and `end` of chunk `chunk` out of `chunks` over n rows, as the first lines of a body
local function rows_of(n, chunks)
  if chunks == 1 then return ("const int begin = 0, end = %d;\n"):format(n) end
  local each = ceil(n / chunks)
  return ("const int begin = chunk * %d, end = min_int(%d, begin + %d);\n"):format(each, n, each)
end

---- map ----

local function long_axis(domain)
  for k, n in ipairs(domain) do if n > 1 then return k end end
  return 0
end

-- chunks of a part; each computes about FLAT elements
local function map_chunks(P)
  local n = product(P.domain)
  if P.flat then return ceil(n / FLAT) end
  local rows = P.domain[long_axis(P.domain)] or 1
  local each = max(1, FLAT * rows // n)
  return ceil(rows / each), each
end

local function map_size(K)
  local main = 0
  for _, P in ipairs(K.parts) do main = main + map_chunks(P) end
  return {main = main}
end

local function map_body(K, p)
  local P = K.parts[p]
  local axis = long_axis(P.domain)
  local body = render("cpu/map.c", {p = p, flat = P.flat, domain = P.domain, axis = axis})
  return body, used(body, all_parameters(K))
end

-- All parts with the same text are segments of one table: an optimiser over all its parameters is one loop.
local function map_launch(K)
  local groups, by_key = {}, {}
  for p, P in ipairs(K.parts) do
    local body, parameters = map_body(K, p)
    -- the names of parameters differ between parts: number them by their place
    local renamed, count = {}, 0
    for _, q in ipairs(parameters) do
      if q.shape then
        renamed[#renamed + 1] = {name = "t" .. count, type = q.type, argument = q.argument}
        body = (" " .. body):gsub("([^%w_])" .. q.name .. "([^%w_])", "%1t" .. count .. "%2"):sub(2)
        count = count + 1
      elseif q.name ~= "chunk" then renamed[#renamed + 1] = q end
    end
    local seen, v = {}, 0
    body = body:gsub("%f[%w_]([vbq])(%d+)%f[^%w_]", function(letter, digits)
      local key = letter .. digits
      if not seen[key] then v = v + 1; seen[key] = letter .. v end
      return seen[key]
    end)
    local has = {}
    for _, q in ipairs(renamed) do has[q.name] = true end
    if not has.begin then renamed[#renamed + 1] = {name = "begin", type = "int"} end
    if not has["end"] then renamed[#renamed + 1] = {name = "end", type = "int"} end
    local note = ("/* map over %s */\n"):format(P.flat and "elements" or shape_name(P.domain))
    body = body:gsub("%f[%w_]end%f[^%w_]", "stop")
    local declared = declare(renamed):gsub("int end", "int stop")
    if not body:find("%f[%w_]begin%f[^%w_]") then body = "(void)begin; (void)stop;\n" .. body end
    local name = define("map_" .. (P.flat and "flat" or shape_name(P.domain)), declared, body, note)
    local chunks, each = map_chunks(P)
    local kinds = name
    for _, q in ipairs(renamed) do if q.argument then kinds = kinds .. q.argument:gsub("%d+%)$", ")") end end
    local g = by_key[kinds]
    if not g then g = {name = name, parameters = renamed, segments = {}}; by_key[kinds] = g; groups[#groups + 1] = g end
    g.segments[#g.segments + 1] = {parameters = renamed, chunks = chunks, rows = P.flat and product(P.domain) or P.domain[long_axis(P.domain)] or 1,
                                   each = P.flat and FLAT or each}
  end
  local lines, at = {"char *const P = call->persistent, *const S = call->scratch;", "(void)P; (void)S;"}, 0
  for _, g in ipairs(groups) do
    local total = 0
    for _, s in ipairs(g.segments) do total = total + s.chunks end
    lines[#lines + 1] = ("if (chunk < %d) {"):format(at + total)
    local first = g.segments[1]
    local function bounds(rows, each) return ("const int begin = (chunk - first) * %s, stop = min_int(%s, begin + %s);"):format(each, rows, each) end
    if #g.segments == 1 then
      local list = {}
      for _, q in ipairs(g.parameters) do list[#list + 1] = q.name == "end" and "stop" or q.argument or q.name end
      for k, q in ipairs(g.parameters) do if q.name == "begin" then list[k] = "begin" elseif q.name == "end" then list[k] = "stop" end end
      lines[#lines + 1] = ("    const int first = %d;"):format(at)
      lines[#lines + 1] = "    " .. bounds(first.rows, first.each)
      lines[#lines + 1] = ("    %s(%s);"):format(g.name, table.concat(list, ", "))
    else
      local rows, tensors = {}, 0
      for _, q in ipairs(g.parameters) do if q.name:match("^t%d") then tensors = tensors + 1 end end
      local chunk = at
      for _, s in ipairs(g.segments) do
        local offsets = {}
        for _, q in ipairs(s.parameters) do if q.name:match("^t%d") then offsets[#offsets + 1] = q.argument:match("(%d+)%)$") end end
        rows[#rows + 1] = ("        {%d, %d, {%s}},"):format(chunk, s.rows, table.concat(offsets, ", "))
        chunk = chunk + s.chunks
      end
      lines[#lines + 1] = ("    static const struct { int first, count; size_t at[%d]; } table[] = {     /* first chunk, elements, offsets */"):format(tensors)
      lines[#lines + 1] = table.concat(rows, "\n")
      lines[#lines + 1] = "    };"
      lines[#lines + 1] = "    int s = 0;"
      lines[#lines + 1] = ("    while (s < %d && table[s + 1].first <= chunk) s++;"):format(#g.segments - 1)
      lines[#lines + 1] = "    const int first = table[s].first;"
      lines[#lines + 1] = "    " .. bounds("table[s].count", first.each)
      local list, k = {}, 0
      for _, q in ipairs(g.parameters) do
        if q.name:match("^t%d") then list[#list + 1] = q.argument:gsub("%d+%)$", ("table[s].at[%d])"):format(k)); k = k + 1
        else list[#list + 1] = q.name == "end" and "stop" or q.name end
      end
      lines[#lines + 1] = ("    %s(%s);"):format(g.name, table.concat(list, ", "))
    end
    lines[#lines + 1] = "    return;"
    lines[#lines + 1] = "}"
    at = at + total
  end
  return kernel(K, "map_" .. (#K.parts > 1 and ("%dparts"):format(#K.parts) or shape_name(K.parts[1].domain)), nil, table.concat(lines, "\n") .. "\n")
end

---- reduce ----

local function joiner(maxima)
  return function(r, a, b) return maxima[r] and ("m_max(%s, %s)"):format(a, b) or ("%s + %s"):format(a, b) end
end

local function reduce_shape(K)
  local P = K.parts[1]
  local total, axis, points = product(P.domain), long_axis(P.domain), 1
  for k, n in ipairs(P.domain) do if not P.axes[k] then points = points * n end end
  if total <= 4 * FLAT then return {mode = "whole", axis = 0, chunks = 1, points = points, P = P} end
  local n = P.domain[axis]
  local chunks = min(n, P.axes[axis] and 32 or 256, ceil(total / FLAT))
  chunks = ceil(n / ceil(n / chunks))
  return {mode = P.axes[axis] and "partial" or "whole", axis = axis, chunks = chunks, points = points, P = P}
end

local function finish_chunks(points) return ceil(points / 1024) end

local function reduce_size(K)
  local s = reduce_shape(K)
  if s.mode == "whole" then return {main = s.chunks} end
  return {main = s.chunks, finish = finish_chunks(s.points), partial_bytes = 4 * s.chunks * s.points * s.P.reduces}
end

local function finish(K, maxima, results, points, chunks, name)
  local body = rows_of(points, finish_chunks(points)) .. render("cpu/finish.c", {
    results = results, chunks = chunks, width = points * #results, join = joiner(maxima),
    sum = function(r, k) return r == 1 and k or ("%d + %s"):format((r - 1) * points, k) end})
  return kernel(K, name, ("sums of %d chunks"):format(chunks), body)
end

local function reduce_launch(K, phase)
  local s = reduce_shape(K)
  local P = s.P
  local name = "reduce_" .. shape_name(P.domain)
  if phase == "finish" then
    local results = {}
    for r = 1, P.reduces do results[r] = reduced(1, r) end
    return finish(K, P.max, results, s.points, s.chunks, "sums_" .. s.points)
  end
  local body = (s.axis > 0 and rows_of(P.domain[s.axis], s.chunks) or "") .. render("cpu/reduce.c", {
    mode = s.mode, axis = s.axis, domain = P.domain, axes = P.axes, max = P.max, reduces = P.reduces, points = s.points,
    start = function(r) return P.max[r] and "-INFINITY" or "0.0f" end, join = joiner(P.max),
    sum = function(r, k) return r == 1 and k or ("%d + %s"):format((r - 1) * s.points, k) end})
  return kernel(K, name, nil, body)
end

---- gather: conv, conv_dx, matmul ----

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

-- How the images of a chunk split into rows of register tiles, as equal as possible: {rows =, from =, till =}
local function split_rows(images)
  local n = ceil(images / ROWS)
  local tall, rows = images % n, images // n
  local out = {}
  if tall > 0 then out[1] = {rows = rows + 1, from = 0, till = tall * (rows + 1)} end
  out[#out + 1] = {rows = rows, from = tall * (rows + 1), till = images}
  return out
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

-- A conv_dx to few channels, whose taps fill vectors: scatter.c
local function scatters(K) return K.op == "conv_dx" and K.I * 2 <= lanes and K.KH * K.KW * K.I >= lanes end

local function scatter_shape(K)
  local d = {}
  for _, name in ipairs {"N", "H", "W", "I", "KH", "KW", "OH", "OW", "O", "SH", "SW", "PH", "PW"} do d[name] = K[name] end
  local vectors = ceil(K.KH * K.KW * K.I / lanes)
  local even = vectors // VECTORS * VECTORS
  d.columns, d.groups = vectors * lanes, {}
  if even > 0 then d.groups[1] = {from = 0, till = even * lanes, vectors = VECTORS} end
  if even < vectors then d.groups[#d.groups + 1] = {from = even * lanes, till = vectors * lanes, vectors = vectors - even} end
  d.rows = split_rows(K.OH * K.OW)
  d.turns = ceil(K.KW / K.SW)
  -- the result with room for the taps that fall off its edges
  d.line = max((K.OW - 1) * K.SW + K.KW, K.W + K.PW) * K.I
  d.lines = max((K.OH - 1) * K.SH + K.KH, K.H + K.PH)
  local function up(n) return ceil(n / 16) * 16 end
  d.product_at = up(K.OH * K.OW * K.O)
  d.sums_at = d.product_at + up(K.OH * K.OW * d.columns)
  d.tile = d.sums_at + up(d.lines * d.line)
  d.images = max(1, K.N // 16)
  d.chunks = ceil(K.N / d.images)
  return d
end

local batched = function(K) return K.op == "matmul" and #K.c > 2 end

local function gather_size(K)
  if batched(K) then
    local rows = product(K.c) // K.c[#K.c]
    return {main = ceil(rows / max(1, rows // 64)), thread_bytes = 4 * K.c[#K.c]}
  end
  local P = K.parts[1]
  if scatters(K) then
    local d = scatter_shape(K)
    return {main = d.chunks, pack = 1, pack_bytes = 4 * d.columns * K.O, pack_key = "scatter", thread_bytes = 4 * d.tile,
            partial_bytes = 4 * d.chunks * P.reduces * K.I, finish = P.reduces > 0 and finish_chunks(K.I) or 0}
  end
  local g = gather_shape(K)
  local size = {main = g.chunks, pack = g.tasks, pack_bytes = 4 * g.weights, pack_key = K.op .. (K.tb and "^T" or ""),
                thread_bytes = 4 * g.images * g.image}
  if P.reduces > 0 then
    size.partial_bytes = 4 * g.chunks * P.reduces * g.CO
    size.finish = finish_chunks(g.CO)
  end
  return size
end

-- The operand, when it is read as it lies in memory: the name of a float parameter; else nil
local function direct(i, index, at)
  local code, v = value(i, index)
  local name, place = code:match("^const float v%d+ = ([%w]+)%[(.*)%];\n$")
  if name and code:match("= " .. v:gsub("v", "") .. "$") == nil and place == at then return name end
end

-- The name of a register tile, which is made when it is first asked for
local function tile(rows, vectors, file, prefix)
  local name = ("%s_%dx%d"):format(prefix, rows, vectors)
  if not named[name] then
    named[name] = true
    local text = render(file, {name = name, rows = rows, vectors = vectors, list = list})
    order[#order + 1] = {text = text, prototype = text:match("(KERNEL [^\n]*)\n") .. ";"}
  end
  return name
end

local function source_index(K, n, h, w, c)
  if K.op ~= "matmul" then return {n, h, w, c} end
  return K.ta and {c, n} or {n, c}
end

local function finish_sums(K, channels, chunks)
  local maxima, results = {}, {}
  for r = 1, K.parts[1].reduces do maxima[r] = false; results[r] = reduced(1, r) end
  return finish(K, maxima, results, channels, chunks, "sums_" .. channels)
end

local function scatter_launch(K, phase)
  local d = scatter_shape(K)
  local what = ("conv_dx_%dx%dx%d_%dx%d_%d"):format(K.OH, K.OW, K.O, K.KH, K.KW, K.I)
  if phase == "finish" then return finish_sums(K, K.I, d.chunks) end
  if phase == "pack" then
    d.weight = function(t, o) return value(2, {("%s / %d"):format(t, K.KW * K.I), ("%s / %d %% %d"):format(t, K.I, K.KW), ("%s %% %d"):format(t, K.I), o}) end
    return kernel(K, "pack_" .. what, nil, render("cpu/packtaps.c", d))
  end
  d.reduces = K.parts[1].reduces
  d.source_value = function(...) return value(1, {...}) end
  d.epilogue = function(n, h, w, c, a) return part(1, {n, h, w, c}, a) end
  d.tile_name = function(rows, vectors) return tile(rows, vectors, "cpu/tile.c", "tile") end
  return kernel(K, what, nil, render("cpu/scatter.c", d))
end

local function gather_launch(K, phase)
  if batched(K) then
    local rank, rows = #K.c, product(K.c) // K.c[#K.c]
    local function lead(s, z)
      local out, below = {}, 1
      for k = rank - 2, 1, -1 do
        local j = k - (rank - #s)
        if j >= 1 then out[j] = s[j] == 1 and "0" or ("(%s / %d %% %d)"):format(z, below, K.c[k]) end
        below = below * K.c[k]
      end
      return out
    end
    local function operand(s, i, transposed)
      return function(z, a, b)
        local index = lead(s, z)
        index[#index + 1], index[#index + 2] = transposed and b or a, transposed and a or b
        return value(i, index)
      end
    end
    local chunks = ceil(rows / max(1, rows // 64))
    local body = rows_of(rows, chunks) .. render("cpu/matmul.c", {
      M = K.c[rank - 1], NN = K.c[rank], K = K.ta and K.a[#K.a - 1] or K.a[#K.a],
      a_value = operand(K.a, 1, K.ta), b_value = operand(K.b, 2, K.tb),
      epilogue = function(z, m, n, a) local index = lead(K.c, z); index[#index + 1] = m; index[#index + 1] = n; return part(1, index, a) end})
    return kernel(K, "matmul_" .. shape_name(K.c), nil, body)
  end
  if scatters(K) then return scatter_launch(K, phase) end
  local g, P = gather_shape(K), K.parts[1]
  local what = ("%s_%dx%dx%d_%dx%d_%d"):format(K.op, g.SH_, g.SW_, g.CI, K.KH, K.KW, g.CO)
  if K.op == "matmul" then what = ("matmul_%dx%dx%d"):format(K.N, K.I, K.O) end
  if phase == "finish" then return finish_sums(K, g.CO, g.chunks) end
  g.reduces = P.reduces
  if phase == "pack" then
    g.weight = function(kh, kw, i, o)
      if K.op == "matmul" then return value(2, K.tb and {o, i} or {i, o}) end
      return value(2, K.op == "conv_dx" and {kh, kw, o, i} or {kh, kw, i, o})
    end
    return kernel(K, "pack_" .. what, "weights in the order of " .. what, render("cpu/pack.c", g))
  end
  local at = offset({g.N, g.SH_, g.SW_, g.CI}, {"n", "h", "w", "c"})
  g.direct = direct(1, source_index(K, "n", "h", "w", "c"), at)
  g.fill = not g.direct or g.image ~= g.SH_ * g.SW_ * g.CI
  g.source_value = function(n, h, w, c) return value(1, source_index(K, n, h, w, c)) end
  g.epilogue = function(n, h, w, o, a) return part(1, K.op == "matmul" and {n, o} or {n, h, w, o}, a) end
  g.tile_name = function(rows, vectors) return tile(rows, vectors, "cpu/tile.c", "tile") end
  return kernel(K, what, nil, render("cpu/gather.c", g))
end

---- dw: conv_dw and transposed matmul ----

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
  d.rows = min(ROWS, K.I)
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
  d.tile_name = function(rows, vectors) return tile(rows, vectors, "cpu/dwtile.c", "dwtile") end
  return kernel(K, what, nil, render("cpu/dw.c", d))
end

---- what gen/emit.c calls ----

local sizes = {map = map_size, reduce = reduce_size, gather = gather_size, dw = dw_size}
local makers = {map = map_launch, reduce = reduce_launch, gather = gather_launch, dw = dw_launch}
local thread_bytes = 64

local target = {}

function target.size(K)
  local s = sizes[K.kind](K)
  thread_bytes = max(thread_bytes, ceil((s.thread_bytes or 0) / 64) * 64)
  return s
end

function target.launch(K, phase, barrier)
  local size = sizes[K.kind](K)
  local name, call, text = makers[K.kind](K, phase)
  launches[#launches + 1] = {call = call, chunks = size[phase], barrier = barrier}
  return name, text
end

function target.entry(symbol, comment)
  local rows = {}
  for k = 1, #launches, 12 do
    local row = {}
    for i = k, min(k + 11, #launches) do row[#row + 1] = ("{%d, %d}"):format(launches[i].chunks, launches[i].barrier and 1 or 0) end
    rows[#rows + 1] = "        " .. table.concat(row, ", ") .. ","
  end
  entries[#entries + 1] = render("cpu/entry.c", {symbol = symbol, comment = comment, launches = launches, table_of_launches = table.concat(rows, "\n")})
  launches = {}
end

-- The text: what all share, then units that can be compiled side by side (runtime/compiler.h)
function target.code(comment)
  local out, total = {}, 0
  for _, f in ipairs(order) do total = total + #f.text end
  out[1] = render("cpu/prelude.c", {comment = comment, isa = isa, lanes = lanes, registers = registers, keep = keep[isa], thread_bytes = thread_bytes})
  for _, f in ipairs(order) do out[#out + 1] = f.prototype end
  local room = 0
  for _, f in ipairs(order) do
    if room <= 0 then
      out[#out + 1] = "\n/*---- unit ----*/"
      room = max(total / 8, 8192)
    end
    out[#out + 1] = "\n" .. f.text
    room = room - #f.text
  end
  out[#out + 1] = "\n/*---- unit ----*/\n"
  return table.concat(out, "\n") .. table.concat(entries, "\n")
end

return target
