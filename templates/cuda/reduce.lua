-- reduce.lua: reductions: reduce.cu, and the joining of partial sums that other kernels leave too.
local text = module "cuda/text.lua"
local min, max, ceil = math.min, math.max, math.ceil
local product, shape_name, kernel, THREADS = text.product, text.shape_name, text.kernel, text.THREADS

local BLOCKS = 216          -- that a kernel should have, to fill a large card: a kernel with fewer splits its terms
local TERMS = 16            -- that a thread adds at least, when terms are split

local function fill(d)
  d.points_blocks = ceil(d.points / (THREADS // d.lanes))
  return d
end

local function reduce_shape(K)
  local P = K.parts[1]
  local d, last = {P = P, points = 1, count = 1, pieces = 1}, 0
  for k, n in ipairs(P.domain) do
    if P.axes[k] then d.count = d.count * n else d.points = d.points * n end
    if n > 1 then last = k end
  end
  d.across = last > 0 and not P.axes[last] and P.domain[last] >= 8
  d.lanes = d.across and 8 or (d.count > 1024 or d.points < 8) and 256 or 32
  fill(d)
  local pieces = min(ceil(BLOCKS / d.points_blocks), d.count // (d.lanes * TERMS), 64)
  if pieces > 1 then
    d.each = ceil(d.count / pieces)
    d.pieces = ceil(d.count / d.each)
  end
  return d
end

-- The shape of the kernel that joins the pieces' results
local function finish_shape(points, pieces)
  return fill {points = points, count = pieces, pieces = 1, across = true, lanes = pieces >= 32 and points <= 16384 and 8 or 1}
end

-- size, with room for the partial results of the pieces, `points` of each of the `results`, if there are any
local function with_partials(size, results, points, pieces)
  if results == 0 then return size end
  size.partial_bytes = 4 * pieces * results * points
  size.finish = finish_shape(points, pieces).points_blocks
  return size
end

local function reduce_size(K)
  local d = reduce_shape(K)
  return with_partials({main = d.points_blocks * d.pieces}, d.pieces > 1 and d.P.reduces or 0, d.points, d.pieces)
end

local function body(d, maxima, results, terms, to)
  return render("cuda/reduce.cu", {points = d.points, count = d.count, lanes = d.lanes, across = d.across, pieces = d.pieces, each = d.each, threads = THREADS,
                                   max = maxima, results = results, terms = terms, to = to, join = text.joiner(maxima), needed = text.needed})
end

-- partial: [piece][result][point]; `names`: of the memory of the results
local function finish(K, points, pieces, maxima, names)
  local d = finish_shape(points, pieces)
  local function terms()
    local code, values = {}, {}
    for r = 1, #names do
      local at = r == 1 and "point" or ("%d + point"):format((r - 1) * points)
      values[r] = "p" .. r
      code[r] = ("const float p%d = partial[(size_t)term * %d + %s];\n"):format(r, points * #names, at)
    end
    return {code = table.concat(code), reduces = values, declarations = {}}
  end
  return kernel(K, "sums_" .. points, ("sums of %d pieces"):format(pieces), body(d, maxima, #names, terms, function(r) return names[r] .. "[point]" end))
end

local function reduce_launch(K, phase)
  local d = reduce_shape(K)
  local P = d.P
  local names = text.results(K)
  if phase == "finish" then return finish(K, d.points, d.pieces, P.max, names) end
  local function terms()
    local index, kept, reduced_sizes, declarations = {}, {}, {}, {}
    for k, n in ipairs(P.domain) do
      index[k] = n == 1 and "0" or "i" .. k
      kept[k], reduced_sizes[k] = P.axes[k] and 1 or n, P.axes[k] and n or 1
    end
    local from_point, from_term = text.unravel("point", kept), text.unravel("term", reduced_sizes)
    for k = 1, #index do declarations[k] = {"i" .. k, P.axes[k] and from_term[k] or from_point[k]} end
    local work = part(1, index)
    return {code = work.code, reduces = work.reduces, declarations = declarations}
  end
  local function to(r)
    if d.pieces == 1 then return names[r] .. "[point]" end
    local first = (r - 1) * d.points
    return ("partial[piece * %d + %spoint]"):format(d.points * P.reduces, first > 0 and first .. " + " or "")
  end
  return kernel(K, "reduce_" .. shape_name(P.domain), nil, body(d, P.max, P.reduces, terms, to))
end

-- The sums that the rows of tiles of a contraction leave, by channel
local function finish_sums(K, channels, pieces) return finish(K, channels, pieces, {}, text.results(K)) end

return {size = reduce_size, launch = reduce_launch, finish = finish, with_partials = with_partials, finish_sums = finish_sums}
