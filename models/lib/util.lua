-- util.lua: what the library's files share: checked options, nearest names, lists.
local util = {}

---- words ----

-- the edit distance of two words (Wagner and Fischer 1974)
local function distance(a, b)
  local row = {}
  for k = 0, #b do row[k] = k end
  for i = 1, #a do
    local corner = row[0]
    row[0] = i
    for k = 1, #b do
      local cost = a:byte(i) == b:byte(k) and 0 or 1
      corner, row[k] = row[k], math.min(corner + cost, row[k] + 1, row[k - 1] + 1)
    end
  end
  return row[#b]
end

-- '; did you mean "x"?' for the closest of the words, or ''
function util.nearest(word, words)
  local best, least = nil, #word // 3 + 2
  table.sort(words)
  for _, w in ipairs(words) do
    local d = distance(word, w)
    if d < least then best, least = w, d end
  end
  return best and ('; did you mean "%s"?'):format(best) or ""
end

-- the names in a table, sorted: the order of pairs() must never reach the output
function util.keys(t)
  local out = {}
  for k in pairs(t) do if type(k) == "string" then out[#out + 1] = k end end
  table.sort(out)
  return out
end

-- a value as a message shows it: 3, "text", a table, a tensor
function util.show(v)
  local kind = type(v)
  if kind == "number" or kind == "boolean" or kind == "nil" then return tostring(v) end
  if kind == "string" then return ('"%s"'):format(v) end
  return "a " .. (kind == "userdata" and "tensor" or kind)
end

-- a table of the library's: a field that it does not have is an error with the nearest name: nn.conv3d -> nn.conv2d; or with what
-- `why` says of it
function util.strict(name, t, why)
  return setmetatable(t, {__index = function(_, key)
    op.fail(('%s has no "%s"%s'):format(name, tostring(key), why and why[key] or util.nearest(tostring(key), util.keys(t))))
  end})
end

---- options ----

-- A kind of option: `is` returns the value to use, or nil when it will not do; `text` says what would do.
local function kind(text, is) return {text = text, is = is} end
local function when(text, is) return kind(text, function(v) if is(v) then return v end end) end

local function whole(least)
  return function(v)
    local n = type(v) == "number" and math.tointeger(v)
    if n and n > 0x7fffffff then op.fail(("%d is too large; at most %d is possible"):format(n, 0x7fffffff)) end      -- kernels index with int
    return n and n >= least and n or nil
  end
end
local function pair(least)
  local one = whole(least)
  return kind(("a whole number of at least %d, or a pair of them"):format(least), function(v)
    if type(v) ~= "table" then v = {v, v} end
    local a, b = one(v[1]), one(v[2])
    return #v == 2 and a and b and {a, b} or nil
  end)
end

util.size = kind("a whole number of at least 1", whole(1))
util.sizes = pair(1)                                                            -- {height, width}
util.margins = pair(0)
util.number = when("a number", function(v) return type(v) == "number" end)
util.positive = when("a number of at least 0", function(v) return type(v) == "number" and v >= 0 end)
util.share = when("a number from 0 to below 1", function(v) return type(v) == "number" and v >= 0 and v < 1 end)
util.flag = when("true or false", function(v) return type(v) == "boolean" end)
util.text = when("a text", function(v) return type(v) == "string" end)
util.list = kind("a list of sizes", function(v)
  local out = {}
  for k, n in ipairs(type(v) == "table" and v or {0}) do
    out[k] = n == -1 and n or util.size.is(n)
    if not out[k] then return nil end
  end
  return out
end)
util.range = when("two numbers, as in {-1, 1}", function(v)
  return type(v) == "table" and #v == 2 and type(v[1]) == "number" and type(v[2]) == "number"
end)
util.betas = when("two numbers from 0 to below 1", function(v)
  return type(v) == "table" and #v == 2 and util.share.is(v[1]) and util.share.is(v[2])
end)
util.precision = when('"fp32", "tf32" or "bf16"', function(v) return v == "fp32" or v == "tf32" or v == "bf16" end)
util.init = when("an initialiser, as in init.normal(0, 0.02)", function(v)
  return type(v) == "function" or type(v) == "table" and type(v[1]) == "string"
end)
util.rate = when("a number or a schedule", function(v) return type(v) == "function" or util.positive.is(v) end)

-- Checks one value of the user's.
function util.check(what, name, v, k)
  local good = k.is(v)
  if good == nil then op.fail(("%s: %s must be %s, not %s"):format(what, name, k.text, util.show(v))) end
  return good
end

-- arguments(what, fields, given): the options in `given`, checked, with presets where they are missing.
-- fields = {name = {kind[, preset]}}; without a preset an option is required. fields[1] names the option that may be given
-- without its name: nn.conv2d{64, kernel = 4}.
function util.arguments(what, fields, given, ...)
  local first, names, out = fields[1], util.keys(fields), {}
  if select("#", ...) > 0 or given ~= nil and type(given) ~= "table" and not (first and type(given) ~= "userdata") then
    op.fail(("%s takes one table of options: %s{%s}"):format(what, what, table.concat(names, " =, ") .. (#names > 0 and " =" or "")))
  end
  given = type(given) == "table" and given or {given}
  for _, key in ipairs(util.keys(given)) do
    if not fields[key] then op.fail(('%s has no option "%s"%s'):format(what, key, util.nearest(key, names))) end
    out[key] = given[key]
  end
  if #given > (first and 1 or 0) then
    op.fail(("%s takes %s by name%s"):format(what, first and "all options but " .. first or "its options",
                                             #names > (first and 1 or 0) and ": " .. table.concat(names, " =, ") .. " =" or ""))
  end
  if #given == 1 then out[first] = given[1] end
  for _, key in ipairs(names) do
    local k, preset = fields[key][1], fields[key][2]
    if out[key] ~= nil then out[key] = util.check(what, key, out[key], k)
    elseif preset == nil then op.fail(("%s needs %s%s"):format(what, key, key == first and ", its first value" or " ="))
    else out[key] = preset end
  end
  return out
end

---- lists ----

function util.copy(list) return table.move(list, 1, #list, 1, {}) end

function util.product(list)
  local n = 1
  for _, v in ipairs(list) do n = n * v end
  return n
end

-- {64, 28, 28, 1} -> "64x28x28x1", from the size numbered `from` on
function util.shape(s, from) return table.concat(s, "x", from or 1) end

return util
