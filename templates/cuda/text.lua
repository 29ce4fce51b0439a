-- text.lua: what the makers of CUDA kernels share, besides templates/text.lua: a kernel's function, indices, loads and stores of four.
local common = module "text.lua"
local text = setmetatable({}, {__index = common})

local THREADS = 256         -- of a block, where a kernel has no reason for another number

local function declare(parameters) return (common.declare(parameters):gsub("%*restrict", "*__restrict__")) end

local function define(...) return common.define("INLINE void ", ...) end

-- P and S are the arenas themselves: for kernels that touch too many tensors to have a parameter for each
local function all_parameters(K)
  if K.all_parameters then return K.all_parameters end
  local all = {{name = "call", type = "const BurinKey *", argument = "call", arena = "call", offset = 0}}
  for _, p in ipairs(K.parameters) do
    local fixed = p.arena == "data" or p.arena == "call"    -- in neither arena: always a parameter
    all[#all + 1] = {name = p.name, type = p.type, argument = fixed and p.name or common.address(p), fixed = fixed, written = p.written, shape = p.shape, arena = p.arena, offset = p.offset}
  end
  all[#all + 1] = {name = "partial", type = "float *restrict", arena = "scratch", offset = K.partial_at}
  all[#all + 1] = {name = "P", type = "char *", arena = "persistent", offset = 0}
  all[#all + 1] = {name = "S", type = "char *", arena = "scratch", offset = 0}
  K.all_parameters = all
  return all
end

-- A kernel's function, and above it its note. `tensor`: which numbers it multiplies on tensor cores. Returns its name, its text and how it is
-- launched
local function kernel(K, name, comment, body, threads, tensor)
  threads = threads or THREADS
  if tensor then comment = ("products of %s numbers on tensor cores, sums in fp32"):format(tensor) end
  local parameters = common.used(body, all_parameters(K))
  local head = ('extern "C" __global__ void __launch_bounds__(%d, 1) '):format(threads)
  local got, source = common.define(head, name, declare(parameters), body, common.note(K, comment, parameters))
  return got, source, {block = threads, shared = 0, tensor = tensor, parameters = parameters}
end

-- The text of a * k
local function times(a, k)
  if k == 1 or a == "0" then return a end
  return ("%s * %s"):format(a, k)
end

-- The texts of the indices, along axes of the given sizes, of element `at` in row order
local function unravel(at, sizes)
  local out, below = {}, 1
  for k = #sizes, 1, -1 do
    local n, above = sizes[k], 1
    for i = 1, k - 1 do above = above * sizes[i] end
    local q = below == 1 and at or ("%s / %d"):format(at, below)
    out[k] = n == 1 and "0" or above == 1 and q or ("%s %% %d"):format(q, n)
    below = below * n
  end
  return out
end

-- Declarations {name, text} of the integers that the body needs, itself or for others that it needs; in order
local function needed(declarations, body)
  local out, seen = {}, body
  for k = #declarations, 1, -1 do
    local name, value = table.unpack(declarations[k])
    if seen:find("%f[%w_]" .. name .. "%f[^%w_]") then
      table.insert(out, 1, ("const int %s = %s;\n"):format(name, value))
      seen = seen .. " " .. value
    end
  end
  return table.concat(out)
end

-- Where four neighbours lie, for an address whose index ends in the variable c, which runs over four values from a multiple of
-- four: the address for c = `first`; nil, if they do not lie side by side or at a multiple of 16 bytes
local function four_at(name, index, c, first)
  if index == c then return ("%s + %s"):format(name, first) end
  local rows, row = index:match("^(.*) %* (%d+) %+ " .. c .. "$")
  if not rows or row % 4 ~= 0 or not (rows:match("^[%w_]+$") or rows:match("^%b()$")) then return end
  if rows:find("%f[%w_]" .. c .. "%f[^%w_]") or rows:find("%f[%w_][bq]%d") then return end
  return ("%s + %s * %s + %s"):format(name, rows, row, first)
end

-- Loads of the code, which runs for four values of c, that can be one load of four before it: declarations of these, and the rest
local function four_loads(code, c, first)
  local loads, seen = {}, {}
  local rest = code:gsub("(const float [%w_]+ = )([%w_]+)%[([^\n]*)%];\n", function(head, name, index)
    local at = four_at(name, index, c, first)
    if not at then return end
    if not seen[at] then
      seen[at] = "x" .. #loads
      loads[#loads + 1] = ("const Four x%d = load_four(%s);\n"):format(#loads, at)
    end
    return ("%s%s.at[k];\n"):format(head, seen[at])
  end)
  return table.concat(loads), rest
end

-- Values {to, value} that are stored for each of four values of c: what stands before the loop over them, in it and after it. `left`,
-- where given: how many of the four there are
local function four_stores(stores, c, first, left)
  local before, within, after = {}, {}, {}
  for _, s in ipairs(stores) do
    local name, index = s.to:match("^([%w_]+)%[(.*)%]$")
    local at = four_at(name, index, c, first)
    if at then
      local y = "y" .. #before
      before[#before + 1] = ("Four %s;\n"):format(y)
      within[#within + 1] = ("%s.at[k] = %s;\n"):format(y, s.value)
      after[#after + 1] = left and ("store_some(%s, %s, %s);\n"):format(at, y, left) or ("store_four(%s, %s);\n"):format(at, y)
    else
      within[#within + 1] = ("%s = %s;\n"):format(s.to, s.value)
    end
  end
  return table.concat(before), table.concat(within), table.concat(after)
end

for name, f in pairs {THREADS = THREADS, declare = declare, define = define, all_parameters = all_parameters, kernel = kernel, times = times, unravel = unravel, needed = needed, four_loads = four_loads, four_stores = four_stores} do text[name] = f end

return text
