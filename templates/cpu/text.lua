-- text.lua: what the makers of CPU kernels share, besides templates/text.lua: a kernel's function, register tiles, lots of work.
local machine, common = module "cpu/machine.lua", module "text.lua"
local min, max, ceil = math.min, math.max, math.ceil
local list, used, declare, even = common.list, common.used, common.declare, common.even
local order, named = common.order, common.named
local text = setmetatable({}, {__index = common})

local function define(...) return common.define("KERNEL ", ...) end

local function arguments(parameters)
  local out = {}
  for _, p in ipairs(parameters) do out[#out + 1] = p.argument end
  return table.concat(out, ", ")
end

-- Made once for each K: a map asks for them once for each of its parts
local function all_parameters(K)
  if K.all_parameters then return K.all_parameters end
  local all = {{name = "call", type = "const BurinCall *", argument = "call"}}
  for _, p in ipairs(K.parameters) do all[#all + 1] = {name = p.name, type = p.type, argument = common.address(p), written = p.written, shape = p.shape} end
  all[#all + 1] = {name = "pack", type = "float *restrict", argument = ("F32(S + %d)"):format(K.pack_at)}
  all[#all + 1] = {name = "partial", type = "float *restrict", argument = ("F32(S + %d)"):format(K.partial_at)}
  all[#all + 1] = {name = "tile", type = "float *restrict", argument = "tile"}
  all[#all + 1] = {name = "chunk", type = "int", argument = "chunk"}
  K.all_parameters = all
  return all
end

-- A kernel's function, and above it its note. Returns its name, its call and its text
local function kernel(K, name, comment, body)
  local parameters = used(body, all_parameters(K))
  local got, text = define(name, declare(parameters), body, common.note(K, comment, parameters))
  return got, ("%s(%s)"):format(got, arguments(parameters)), text
end

-- `begin` and `end` of chunk `chunk` out of `chunks` over n rows, as the first lines of a body
local function rows_of(n, chunks)
  if chunks == 1 then return ("const int begin = 0, end = %d;\n"):format(n) end
  local each = ceil(n / chunks)
  return ("const int begin = chunk * %d, end = min_int(%d, begin + %d);\n"):format(each, n, each)
end

-- by_shape(f): f(K) of a contraction's K that depends on its op and shape alone, worked out once for all kernels that have them; a
-- table as a copy, which can be added to
local function by_shape(f)
  local known = {}
  return function(K)
    local key = K.title .. (K.bf16 and " bf16" or "")
    if known[key] == nil then known[key] = f(K) end
    if type(known[key]) ~= "table" then return known[key] end
    local copy = {}
    for name, v in pairs(known[key]) do copy[name] = v end
    return copy
  end
end

-- Choices by kernel, as "TITLE: NAME NUMBER" lines of `tuned` say
local tuned_choice = {}
for title, name, n in tuned:gmatch("([^\n:]*): (%a+) (%d+)\n") do tuned_choice[title .. ": " .. name] = math.tointeger(n) end

-- choose(K, name, {numbers}): one of some numbers that make no difference to the bits: the first, unless `burin tune` found another
-- to be faster on this machine, or tries it now: of all numbers but the first, over all of the kernel's choices, the one of place
-- `candidate`. What is chosen other than the first is noted in K.choice.
local function choose(K, name, numbers)
  local chosen, seen = numbers[1], {[numbers[1]] = true}
  for _, n in ipairs(numbers) do
    if not seen[n] then
      seen[n] = true
      K.candidates = (K.candidates or 0) + 1
      if candidate == 0 and tuned_choice[K.title .. ": " .. name] == n or candidate == K.candidates then chosen = n end
    end
  end
  if chosen ~= numbers[1] then K.choice = name .. " " .. chosen end
  return chosen
end

-- Register tiles of so many rows and vectors, made when they are first asked for, of a function type of prelude.c: `call(rows,
-- vectors)` is the text of the one for numbers that the kernel knows when it runs, `table` a declaration that stands before it;
-- `ahead`: steps that it prefetches ahead, where not the usual number
local function tiles(file, prefix, type, least_rows, most_rows, least_vectors, most_vectors, ahead)
  local rows = {}
  for r = least_rows, most_rows do
    local row = {}
    for v = least_vectors, most_vectors do
      local name = ("%s_%dx%d"):format(prefix, r, v)
      if not named[name] then
        named[name] = true
        local text = render(file, {name = name, type = type, rows = r, vectors = v, list = list, lanes = machine.lanes, max = max, ahead = ahead or machine.AHEAD})
        order[#order + 1] = {text = text, prototype = text:match("(KERNEL [^\n]*)\n") .. ";"}
      end
      row[#row + 1] = name
    end
    rows[#rows + 1] = "{" .. table.concat(row, ", ") .. "}"
  end
  if least_rows == most_rows and least_vectors == most_vectors then
    return {table = "", call = function() return rows[1]:match("{(.*)}") end}
  end
  return {
    table = ("static %s *const tile_of[%d][%d] = {%s};"):format(type, #rows, most_vectors - least_vectors + 1, table.concat(rows, ", ")),
    call = function(r, v)
      local function index(k, least, most) return least == most and "[0]" or ("[%s - %d]"):format(k, least) end
      return "tile_of" .. index(r, least_rows, most_rows) .. index(v, least_vectors, most_vectors)
    end}
end

-- The addresses that a code (of value() or part()) reads at an index that depends on `variable`
local function reads(code, variable)
  local out, seen = {}, {}
  for name, index in code:gmatch("= ([%w_]+)%[([^\n]*)%];\n") do
    local address = ("%s + %s"):format(name, index)
    if index:find("%f[%w_]" .. variable .. "%f[^%w_]") and not seen[address] then
      seen[address] = true
      out[#out + 1] = address
    end
  end
  return out
end

-- n rounded up to 64 bytes of floats
local function up(n) return ceil(n / 16) * 16 end

-- The texts of where lot k of even() or balanced() starts, in `unit`s, and of how many things it has
local function start(lots, k, unit)
  if lots.tall == 0 then return lots.low * unit == 1 and k or ("%s * %d"):format(k, lots.low * unit) end
  if lots.spread then return ("%s * %d / %d"):format(k, lots.spread, lots.count) end
  if unit == 1 then return ("%s * %d + min_int(%s, %d)"):format(k, lots.low, k, lots.tall) end
  return ("(%s * %d + min_int(%s, %d)) * %d"):format(k, lots.low, k, lots.tall, unit)
end

local function length(lots, k)
  if lots.tall == 0 then return lots.low end
  if lots.spread then return ("(%s + 1) * %d / %d - %s * %d / %d"):format(k, lots.spread, lots.count, k, lots.spread, lots.count) end
  return ("%d + (%s < %d)"):format(lots.low, k, lots.tall)
end

-- The longest time of `threads` that share n things in `count` lots, each lot with a little cost of its own: see entry.c
local function longest(n, count, each, threads)
  local units, time = ceil(count / each), 0
  for t = 0, threads - 1 do
    local from, till = min(count, t * units // threads * each), min(count, (t + 1) * units // threads * each)
    time = max(time, till * n // count - from * n // count + 0.5 * (till - from))
  end
  return time
end

-- n images in lots that are rows of a register tile: a few more than the least that keep two threads, and four, equally busy. The
-- larger ones are spread among the others.
local function balanced(n, units)
  local best, least
  local count = ceil(n / machine.ROWS)
  for c = count, max(count, min(n // 4, ceil(count * 1.3))) do
    local each = ceil(c / units)
    local time = 2 * longest(n, c, each, 2) + 0.4 * longest(n, c, each, 4)
    if not least or time < least then best, least = c, time end
  end
  local lots = even(n, n, best)
  lots.spread = n
  return lots
end

-- What a part (`part`) does with its values at one point: stores, and sums, `width` for each, of which this is number `at`
local function statements(P, width, at)
  local out = {P.code}
  for _, s in ipairs(P.stores) do out[#out + 1] = ("%s = %s;\n"):format(s.to, s.value) end
  for k, v in ipairs(width and P.reduces or {}) do out[#out + 1] = ("sum[%d + %s] += %s;\n"):format((k - 1) * width, at, v) end
  return table.concat(out)
end

for name, f in pairs {define = define, statements = statements, all_parameters = all_parameters, kernel = kernel, rows_of = rows_of, by_shape = by_shape, choose = choose, tiles = tiles, reads = reads, up = up, start = start, length = length, balanced = balanced} do text[name] = f end

return text
