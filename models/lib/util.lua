-- util.lua: what the library's files share: checked tables of arguments, nearest names, lists.
local util = {}

-- fail(message[, where]): the user's error, with file and line in front
function util.fail(message, where) op.fail(message, where) end

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

function util.keys(t)
  local out = {}
  for k in pairs(t) do if type(k) == "string" then out[#out + 1] = k end end
  table.sort(out)
  return out
end

-- A table of the library's whose missing fields are errors with the nearest name: nn.conv3d -> nn.conv2d
function util.strict(name, t)
  return setmetatable(t, {__index = function(_, key)
    op.fail(('%s has no "%s"%s'):format(name, tostring(key), util.nearest(tostring(key), util.keys(t))))
  end})
end

-- arguments(what, given, fields): `given` with presets filled in; fields = {name = preset | util.needed}. The first value in
-- list position is the field named fields[1], if there is one.
util.needed = {}
function util.arguments(what, given, fields)
  if given == nil then given = {} end
  if type(given) ~= "table" then given = {given} end
  local out, names = {}, util.keys(fields)
  for _, key in ipairs(util.keys(given)) do
    if fields[key] == nil then op.fail(('%s has no option "%s"%s'):format(what, key, util.nearest(key, names))) end
    out[key] = given[key]
  end
  if #given > 1 or (#given == 1 and not fields[1]) then
    op.fail(("%s takes its options by name: %s"):format(what, table.concat(names, ", ")))
  end
  if #given == 1 then out[fields[1]] = given[1] end
  for _, key in ipairs(names) do
    local preset = fields[key]
    if out[key] == nil then
      if preset == util.needed then op.fail(("%s needs %s"):format(what, key == fields[1] and key .. ", as in " .. what .. "{64}" or key .. " = ...")) end
      if preset ~= util.none then out[key] = preset end
    else
      local want = preset ~= util.needed and preset ~= util.none and type(preset) or nil
      if want and want ~= "table" and type(out[key]) ~= want and not (want == "number" and type(out[key]) == "table") then
        op.fail(("%s: %s is a %s, not a %s"):format(what, key, want, type(out[key])))
      end
    end
  end
  return out
end
util.none = {}

function util.copy(list)
  local out = {}
  for k, v in ipairs(list) do out[k] = v end
  return out
end

function util.product(list)
  local n = 1
  for _, v in ipairs(list) do n = n * v end
  return n
end

-- {a, b} from a number or a pair
function util.pair(v) if type(v) == "table" then return v[1], v[2] or v[1] end return v, v end

function util.whole(what, name, v, least)
  for _, n in ipairs(type(v) == "table" and v or {v}) do
    if math.type(n) ~= "integer" or n < least then op.fail(("%s: %s must be a whole number of at least %d, not %s"):format(what, name, least, tostring(n))) end
  end
  return v
end

return util
