-- reduce.lua: reductions, and the joining of partial sums that other kernels leave too.
local machine, text = module "cpu/machine.lua", module "cpu/text.lua"
local min, ceil = math.min, math.ceil
local product, shape_name, kernel, rows_of, long_axis, joiner = text.product, text.shape_name, text.kernel, text.rows_of, text.long_axis, text.joiner
local FLAT = machine.FLAT

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

local function finish_sums(K, channels, chunks)
  local maxima, results = {}, {}
  for r = 1, K.parts[1].reduces do maxima[r] = false; results[r] = reduced(1, r) end
  return finish(K, maxima, results, channels, chunks, "sums_" .. channels)
end

return {size = reduce_size, launch = reduce_launch, finish_chunks = finish_chunks, finish_sums = finish_sums}
