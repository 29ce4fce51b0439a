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

-- size, with room for the partial results of the chunks, `points` of each of the `results`, if there are any
local function with_partials(size, results, points, chunks)
  if results == 0 then return size end
  size.partial_bytes = 4 * chunks * results * points
  size.finish = finish_chunks(points)
  return size
end

local function reduce_size(K)
  local s = reduce_shape(K)
  return with_partials({main = s.chunks}, s.mode == "partial" and s.P.reduces or 0, s.points, s.chunks)
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
  if phase == "finish" then return finish(K, P.max, text.results(K), s.points, s.chunks, "sums_" .. s.points) end
  local body = (s.axis > 0 and rows_of(P.domain[s.axis], s.chunks) or "") .. render("cpu/reduce.c", {
    mode = s.mode, axis = s.axis, domain = P.domain, axes = P.axes, max = P.max, reduces = P.reduces, points = s.points,
    start = function(r) return P.max[r] and "-INFINITY" or "0.0f" end, join = joiner(P.max),
    sum = function(r, k) return r == 1 and k or ("%d + %s"):format((r - 1) * s.points, k) end})
  return kernel(K, name, nil, body)
end

local function finish_sums(K, channels, chunks) return finish(K, {}, text.results(K), channels, chunks, "sums_" .. channels) end

return {size = reduce_size, launch = reduce_launch, with_partials = with_partials, finish_sums = finish_sums}
