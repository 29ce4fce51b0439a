-- text.lua: what the makers of kernels of all targets share: functions that are made once, their parameters, small helpers.
local max, ceil = math.max, math.ceil
local text = {}

-- {text =, prototype =} of all functions, in the order in which they were made; and the names that are taken
text.order, text.named = {}, {}

local functions, order = {}, text.order

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

-- define(head, name, parameters, body, note) -> the name of a function with this body: an earlier one if the text is the same; and
-- its text, "" if it is an earlier one. `head` stands before the name: "static void "
local function define(head, name, parameters, body, note)
  local key = head .. parameters .. body
  if functions[key] then return functions[key], "" end
  local base, n = name, 1
  while text.named[name] do n = n + 1; name = base .. "_" .. n end
  text.named[name] = true
  functions[key] = name
  local text = ("%s%s%s(%s)\n{\n%s}\n"):format(note, head, name, parameters, (body:gsub("([^\n]+)", "    %1")))
  order[#order + 1] = {text = text, prototype = ("%s%s(%s);"):format(head, name, parameters)}
  return name, text
end

-- The text of functions, in units that can be compiled side by side (runtime/compiler.h), of at least so many bytes
local function units(functions, least)
  local out, total, room = {}, 0, 0
  for _, f in ipairs(functions) do total = total + #f.text end
  for _, f in ipairs(functions) do
    if room <= 0 then
      out[#out + 1] = "\n/*---- unit ----*/"
      room = max(total / 8, least)
    end
    out[#out + 1] = "\n" .. f.text
    room = room - #f.text
  end
  return table.concat(out, "\n")
end

-- Does the word stand in the body? Plain searches are many times as fast as a pattern that takes the body apart.
local function mentions(body, word)
  local from, till = body:find(word, 1, true)
  while from do
    if not body:find("^[%w_]", till + 1) and not (from > 1 and body:find("^[%w_]", from - 1)) then return true end
    from, till = body:find(word, from + 1, true)
  end
  return false
end

-- Parameters that a body uses, in order: {name, type, argument}
local function used(body, all)
  local out = {}
  for _, p in ipairs(all) do if mentions(body, p.name) then out[#out + 1] = p end end
  return out
end

-- The same as C declares them
local function declare(parameters)
  local out = {}
  for k, p in ipairs(parameters) do out[k] = p.type .. (p.type:match("%*$") and "" or " ") .. p.name end
  return table.concat(out, ", ")
end

-- The address of a parameter in the arenas P (persistent) and S (scratch)
local function address(p)
  return (p.type:match("uint8_t") and "U8(%s + %d)" or "F32(%s + %d)"):format(p.arena == "persistent" and "P" or "S", p.offset)
end

-- What stands above a kernel's function: what the generator says of it (K.about), `comment` and its tensors
local function note(K, comment, parameters)
  local about = {}
  for _, p in ipairs(parameters) do if p.shape then about[#about + 1] = p.name .. " " .. p.shape end end
  local lines = K.about:gsub("\n", "\n * ")
  if comment then lines = lines .. "\n * " .. comment end
  return ("/* %s%s */\n"):format(lines, #about > 0 and "\n * " .. table.concat(about, ", ") or "")
end

-- The memory of the results of the reductions of the first part
local function results(K)
  local names = {}
  for r = 1, K.parts[1].reduces do names[r] = reduced(1, r) end
  return names
end

-- How reduction r joins two values
local function joiner(maxima)
  return function(r, a, b) return maxima[r] and ("m_max(%s, %s)"):format(a, b) or ("%s + %s"):format(a, b) end
end

-- The operand, when it is read as it lies in memory: the name of a float parameter; else nil
local function direct(i, index, at)
  local code, v = value(i, index)
  local name, place = code:match("^const float v%d+ = ([%w]+)%[(.*)%];\n$")
  if name and place == at then return name end
end

-- even(n, most, count): n things in `count` (or as few as can be) lots of at most `most`, as equal as possible and the larger ones
-- first: a list of runs of equal lots {size =, from =, till =}, with .count, and .low, .tall: lot k has low + (k < tall) things
local function even(n, most, count)
  count = count or max(1, ceil(n / most))
  local low, tall = n // count, n % count
  local out = {count = count, low = low, tall = tall}
  if tall > 0 then out[1] = {size = low + 1, from = 0, till = tall * (low + 1)} end
  if low > 0 then out[#out + 1] = {size = low, from = tall * (low + 1), till = n} end
  return out
end

-- the first axis longer than 1; 0: none
local function long_axis(domain)
  for k, n in ipairs(domain) do if n > 1 then return k end end
  return 0
end

for name, f in pairs {product = product, list = list, shape_name = shape_name, define = define, used = used, declare = declare, address = address, note = note, results = results, joiner = joiner, direct = direct, even = even, long_axis = long_axis, units = units} do text[name] = f end

return text
