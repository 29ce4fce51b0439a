-- engine.lua: turns a template into text.
--
-- A template is C (or CUDA) with Lua in it: a line that starts with `|` is Lua, `$(e)` inserts the value of an expression,
-- everything else is literal. A line that is only `$(e)` inserts a block: each of its lines gets the line's indentation, and
-- nothing is left of it when the block is empty. Line n of the template is line n of the Lua chunk, so an error names it.
--
-- The compiler's errors shall name it too. So each line of text ends with a mark, three bytes that no C text has: `places` says which
-- line of which template it stands for. emit.c takes the marks out and keeps what they said.

local function literal(line)
  local parts, at = {}, 1
  while true do
    local open, body, close = line:match("()%$(%b())()", at)
    if not open then break end
    if open > at then parts[#parts + 1] = ("%q"):format(line:sub(at, open - 1)) end
    parts[#parts + 1] = ("_text(%s)"):format(body)
    at = close
  end
  if at <= #line then parts[#parts + 1] = ("%q"):format(line:sub(at)) end
  return #parts == 0 and '""' or table.concat(parts, " .. ")
end

places = {}

local function mark(file, line)
  local n = #places
  assert(n < 1 << 14, "the templates have too many lines for their marks")
  places[n + 1] = ("%s:%d"):format(file, line)
  return "\1" .. string.char(128 | n >> 7, 128 | n & 127)
end

-- The Lua chunk: a function of the template's globals, of the list that gets its lines, and of the two functions below
local function translate(text, file)
  local out = {}
  for line in (text:gsub("\n$", "") .. "\n"):gmatch("(.-)\n") do
    local indent, block = line:match("^(%s*)%$(%b())%s*$")
    if line:match("^%s*|") then out[#out + 1] = line:gsub("^%s*|", "", 1)
    elseif block then out[#out + 1] = ("_block(_lines, %q, %s, %q)"):format(indent, block, mark(file, #out + 1))
    elseif line == "" then out[#out + 1] = '_lines[#_lines + 1] = ""'
    else out[#out + 1] = ("_lines[#_lines + 1] = %s .. %q"):format(literal(line), mark(file, #out + 1)) end
  end
  return "local _ENV, _lines, _text, _block = ...; " .. table.concat(out, "\n")
end

local type, tostring, floor = type, tostring, math.floor

local function text_of(v)
  if type(v) == "string" then return v end
  if v == nil then error("a template inserts nil", 2) end
  if math.type(v) == "float" and v == floor(v) then v = math.tointeger(v) end
  return tostring(v)
end

-- What has a mark keeps it
local function block(lines, indent, s, mark)
  s = text_of(s):gsub("\n+$", "")
  if s == "" then return end
  for line in (s .. "\n"):gmatch("(.-)\n") do lines[#lines + 1] = line == "" and "" or indent .. line .. (line:find("\1", 1, true) and "" or mark) end
end

local chunks, globals = {}, {__index = _G}

-- render(file, values): the text of templates/FILE; inside, `values` are globals in front of the global ones
function render(file, values)
  local chunk = chunks[file]
  if not chunk then
    chunk = assert(load(translate(read(templates .. file), "templates/" .. file), "@" .. templates .. file, "t"))
    chunks[file] = chunk
  end
  local env, lines = setmetatable({}, globals), {}
  for name, v in pairs(values) do env[name] = v end
  chunk(env, lines, text_of, block)
  return table.concat(lines, "\n") .. "\n"
end

-- module(file): what templates/FILE, a Lua file, returns; run once
local modules = {}
function module(file)
  if modules[file] == nil then modules[file] = assert(load(read(templates .. file), "@" .. templates .. file))() end
  return modules[file]
end
