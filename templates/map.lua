-- map.lua: maps of many parts, for all targets. All parts of a kernel with the same text are segments of one table, so that an
-- optimiser over all its parameters is one loop. A target adds the body of a part, and how a part splits into chunks:
--
--   part(P, p)     the text of part p over elements or rows begin .. end-1
--   chunks(P)      chunks of a part, elements or rows of each, and of all
--   define         text.define() with what stands before the name of a part's function; declare, all_parameters: as in cpu/text.lua
local text = module "text.lua"
local shape_name, used = text.shape_name, text.used

-- Names that do not depend on the part, so that equal work has equal text: tensors t0, t1, ... and values v1, v2, ...
local function rename(body, parameters)
  local out, names, tensors, n = {}, {}, 0, 0
  for _, q in ipairs(parameters) do
    if q.shape and not q.fixed then
      names[q.name] = "t" .. tensors
      out[#out + 1] = {name = "t" .. tensors, type = q.type, argument = q.argument}
      tensors = tensors + 1
    else out[#out + 1] = q end
  end
  body = body:gsub("[%a_][%w_]*", function(word)
    local name = names[word]
    if name == nil then
      local letter = word:match("^([vbq])%d+$")
      name = letter and letter .. n + 1
      if name then n = n + 1 end
      names[word] = name or false
    end
    return name
  end)
  return body, out, tensors
end

-- The function of one part, over begin .. end-1, and how its arguments are called
local function part_function(K, p, target)
  local P = K.parts[p]
  local plain = target.part(P, p)
  local body, parameters, tensors = rename(plain, used(plain, target.all_parameters(K)))
  if not body:find("%f[%w_]begin%f[^%w_]") then body = "(void)begin; (void)end;\n" .. body end
  local name = target.define("map_" .. (P.flat and "flat" or shape_name(P.domain)), target.declare(parameters) .. (#parameters > 0 and ", " or "") .. "int begin, int end",
                             body, ("/* map over %s */\n"):format(P.flat and "elements" or shape_name(P.domain)))
  local chunks, each, rows = target.chunks(P)
  return {name = name, parameters = parameters, tensors = tensors, chunks = chunks, each = each, rows = rows}
end

-- Parts that differ only in where their tensors lie
local function group_parts(K, target)
  local groups, by_key = {}, {}
  for p = 1, #K.parts do
    local s = part_function(K, p, target)
    local key = s.name
    for _, q in ipairs(s.parameters) do key = key .. q.argument:gsub("%d+%)$", ")") end
    if not by_key[key] then by_key[key] = {}; groups[#groups + 1] = by_key[key] end
    table.insert(by_key[key], s)
  end
  return groups
end

local function call(s, argument_of)
  local list = {}
  for k, q in ipairs(s.parameters) do list[k] = argument_of(q) end
  list[#list + 1] = "begin"
  list[#list + 1] = "end"
  return ("    %s(%s);"):format(s.name, table.concat(list, ", "))
end

local function bounds(rows, each) return ("    const int begin = (chunk - first) * %s, end = min_int(%s, begin + %s);"):format(each, rows, each) end

local function one_segment(lines, s, first)
  lines[#lines + 1] = ("    const int first = %d;"):format(first)
  lines[#lines + 1] = bounds(s.rows, s.each)
  lines[#lines + 1] = call(s, function(q) return q.argument end)
end

local function many_segments(lines, group, first)
  local s, t = group[1], -1
  lines[#lines + 1] = ("    static const struct { int first, count; size_t at[%d]; } table[] = {     /* first chunk, elements, offsets */"):format(s.tensors)
  for _, segment in ipairs(group) do
    local offsets = {}
    for _, q in ipairs(segment.parameters) do if q.name:match("^t%d") then offsets[#offsets + 1] = q.argument:match("(%d+)%)$") end end
    lines[#lines + 1] = ("        {%d, %d, {%s}},"):format(first, segment.rows, table.concat(offsets, ", "))
    first = first + segment.chunks
  end
  lines[#lines + 1] = "    };"
  lines[#lines + 1] = "    int s = 0;"
  lines[#lines + 1] = ("    while (s < %d && table[s + 1].first <= chunk) s++;"):format(#group - 1)
  lines[#lines + 1] = "    const int first = table[s].first;"
  lines[#lines + 1] = bounds("table[s].count", s.each)
  lines[#lines + 1] = call(s, function(q)
    if not q.name:match("^t%d") then return q.argument end
    t = t + 1
    return (q.argument:gsub("%d+%)$", ("table[s].at[%d])"):format(t)))
  end)
end

-- The body of a kernel with all parts, where `chunk` says which piece, and P and S are the arenas
local function body(K, target)
  local lines, first = {}, 0
  for _, group in ipairs(group_parts(K, target)) do
    local chunks = 0
    for _, s in ipairs(group) do chunks = chunks + s.chunks end
    lines[#lines + 1] = ("if (chunk < %d) {"):format(first + chunks)
    if #group == 1 then one_segment(lines, group[1], first) else many_segments(lines, group, first) end
    lines[#lines + 1] = "    return;"
    lines[#lines + 1] = "}"
    first = first + chunks
  end
  return table.concat(lines, "\n") .. "\n"
end

local function name(K) return "map_" .. (#K.parts > 1 and ("%dparts"):format(#K.parts) or shape_name(K.parts[1].domain)) end

local function size(K, target)
  local main = 0
  for _, P in ipairs(K.parts) do main = main + target.chunks(P) end
  return {main = main}
end

return {size = size, body = body, name = name}
