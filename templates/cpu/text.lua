-- text.lua: what the makers of kernels share: functions that are made once, their parameters, small helpers.
local machine = module "cpu/machine.lua"
local ceil = math.ceil
local text = {}

-- {text =, prototype =} of all functions, in the order in which they were made
text.order = {}

local functions, named = {}, {}
local order = text.order

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

local function arguments(parameters)
  local out = {}
  for _, p in ipairs(parameters) do out[#out + 1] = p.argument end
  return table.concat(out, ", ")
end

local function cast(p) return (p.type:match("uint8_t") and "U8(%s)" or "F32(%s)"):format(p.address or "0") end

-- Made once for each K: a map asks for them once for each of its parts
local function all_parameters(K)
  if K.all_parameters then return K.all_parameters end
  local all = {{name = "call", type = "const BurinCall *", argument = "call"}}
  for _, p in ipairs(K.parameters) do all[#all + 1] = {name = p.name, type = p.type, argument = cast(p), written = p.written, shape = p.shape} end
  all[#all + 1] = {name = "pack", type = "float *restrict", argument = ("F32(S + %d)"):format(K.pack_at)}
  all[#all + 1] = {name = "partial", type = "float *restrict", argument = ("F32(S + %d)"):format(K.partial_at)}
  all[#all + 1] = {name = "tile", type = "float *restrict", argument = "tile"}
  all[#all + 1] = {name = "chunk", type = "int", argument = "chunk"}
  K.all_parameters = all
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

-- The operand, when it is read as it lies in memory: the name of a float parameter; else nil
local function direct(i, index, at)
  local code, v = value(i, index)
  local name, place = code:match("^const float v%d+ = ([%w]+)%[(.*)%];\n$")
  if name and code:match("= " .. v:gsub("v", "") .. "$") == nil and place == at then return name end
end

-- How the images of a chunk split into rows of register tiles, as equal as possible: {rows =, from =, till =}
local function split_rows(images)
  local n = ceil(images / machine.ROWS)
  local tall, rows = images % n, images // n
  local out = {}
  if tall > 0 then out[1] = {rows = rows + 1, from = 0, till = tall * (rows + 1)} end
  out[#out + 1] = {rows = rows, from = tall * (rows + 1), till = images}
  return out
end

-- the first axis longer than 1; 0: none
local function long_axis(domain)
  for k, n in ipairs(domain) do if n > 1 then return k end end
  return 0
end

for name, f in pairs {product = product, list = list, shape_name = shape_name, define = define, used = used, declare = declare, all_parameters = all_parameters, kernel = kernel, rows_of = rows_of, tile = tile, direct = direct, split_rows = split_rows, long_axis = long_axis} do text[name] = f end

return text
