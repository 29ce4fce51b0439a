-- map.lua: maps: map.c. All parts of a kernel with the same text are segments of one table, so that an optimiser over all its
-- parameters is one loop.
local machine, text = module "cpu/machine.lua", module "cpu/text.lua"
local max, ceil = math.max, math.ceil
local product, shape_name, used, declare, define, long_axis = text.product, text.shape_name, text.used, text.declare, text.define, text.long_axis
local FLAT = machine.FLAT

-- chunks of a part, and how many rows (elements, when it is flat) each has: about FLAT elements
local function map_chunks(P)
  local n = product(P.domain)
  if P.flat then return ceil(n / FLAT), FLAT, n end
  local rows = P.domain[long_axis(P.domain)] or 1
  local each = max(1, FLAT * rows // n)
  return ceil(rows / each), each, rows
end

local function map_size(K)
  local main = 0
  for _, P in ipairs(K.parts) do main = main + map_chunks(P) end
  return {main = main}
end

-- Names that do not depend on the part, so that equal work has equal text: tensors t0, t1, ... and values v1, v2, ...
local function rename(body, parameters)
  local out, names, tensors, n = {}, {}, 0, 0
  for _, q in ipairs(parameters) do
    if q.shape then
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

-- The function of one part, over rows begin .. end-1, and how its arguments are called
local function map_part(K, p)
  local P = K.parts[p]
  local body = render("cpu/map.c", {p = p, flat = P.flat, domain = P.domain, axis = long_axis(P.domain)})
  local parameters, tensors
  body, parameters, tensors = rename(body, used(body, text.all_parameters(K)))
  if not body:find("%f[%w_]begin%f[^%w_]") then body = "(void)begin; (void)end;\n" .. body end
  local name = define("map_" .. (P.flat and "flat" or shape_name(P.domain)), declare(parameters) .. (#parameters > 0 and ", " or "") .. "int begin, int end",
                      body, ("/* map over %s */\n"):format(P.flat and "elements" or shape_name(P.domain)))
  local chunks, each, rows = map_chunks(P)
  return {name = name, parameters = parameters, tensors = tensors, chunks = chunks, each = each, rows = rows}
end

-- Parts that differ only in where their tensors lie
local function group_parts(K)
  local groups, by_key = {}, {}
  for p = 1, #K.parts do
    local s = map_part(K, p)
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

local function map_launch(K)
  local lines, first = {"char *const P = call->persistent, *const S = call->scratch;", "(void)P; (void)S;"}, 0
  for _, group in ipairs(group_parts(K)) do
    local chunks = 0
    for _, s in ipairs(group) do chunks = chunks + s.chunks end
    lines[#lines + 1] = ("if (chunk < %d) {"):format(first + chunks)
    if #group == 1 then one_segment(lines, group[1], first) else many_segments(lines, group, first) end
    lines[#lines + 1] = "    return;"
    lines[#lines + 1] = "}"
    first = first + chunks
  end
  local what = #K.parts > 1 and ("%dparts"):format(#K.parts) or shape_name(K.parts[1].domain)
  return text.kernel(K, "map_" .. what, nil, table.concat(lines, "\n") .. "\n")
end

return {size = map_size, launch = map_launch}
