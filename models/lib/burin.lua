-- burin.lua: the language: returns the globals of a spec, and the function that traces what a spec returned.
local util, tensor, nn = require "lib.util", require "lib.tensor", require "lib.nn"
op.methods(tensor)

local random = {}
-- random.normal{sizes}: N(0,1); random.uniform{sizes, lo =, hi =}: U(lo, hi), (0,1) when not said. New numbers at each step.
local function sizes(what, s)
  for k, n in ipairs(s) do util.whole(what, "size " .. k, n, 1) end
  return util.copy(s)
end
function random.normal(s) return op.random("normal", sizes("random.normal", s)) end
function random.uniform(s)
  local lo, hi = s.lo or 0, s.hi or 1
  return op.random("uniform", sizes("random.uniform", s)) * (hi - lo) + lo
end

local language = {
  nn = util.strict("nn", nn), loss = util.strict("loss", require "lib.loss"), optim = util.strict("optim", require "lib.optim"),
  init = util.strict("init", require "lib.init"), schedule = util.strict("schedule", require "lib.schedule"),
  data = util.strict("data", require "lib.data"), random = util.strict("random", random),
  -- option(name, preset, help): a value that --set name=value changes
  option = op.option,
  -- stop(x): x, but no gradient passes.  grad(y, x): dy/dx of a scalar y; of a list of tensors, a list. It can be differentiated again
  stop = function(x) return op.stop(tensor.of(x)) end,
  grad = function(y, x) if type(x) == "table" then return op.grad(y, x) end return op.grad(y, {x})[1] end,
  where = function(c, a, b) return op.map("where", c, a, b) end,
  concat = function(list, axis) return op.concat(list, axis) end,
}
local base = {}
for _, name in ipairs {"assert", "error", "ipairs", "next", "pairs", "pcall", "print", "rawequal", "rawget", "rawlen", "rawset", "require", "select",
                       "setmetatable", "getmetatable", "tonumber", "tostring", "type", "xpcall", "math", "string", "table", "utf8", "_VERSION"} do
  base[name] = _G[name]
end
for name, v in pairs(language) do base[name] = v end
local names = util.keys(base)
local env = setmetatable({}, {__index = function(_, name)
  local v = base[name]
  if v == nil then op.fail(('there is no "%s"%s'):format(tostring(name), util.nearest(tostring(name), util.copy(names)))) end
  return v
end})

local function check_fields(what, t, known, where)
  for _, key in ipairs(util.keys(t)) do
    if known[key] == nil then op.fail(('%s has no field "%s"%s'):format(what, key, util.nearest(key, util.keys(known))), where) end
  end
end

-- a net, a list of nets or of parameters -> a list of parameters
local function parameters(p)
  if nn.is_net(p) then return p:parameters() end
  local out = {}
  for _, q in ipairs(type(p) == "table" and p or {}) do
    if nn.is_net(q) then for _, v in ipairs(q:parameters()) do out[#out + 1] = v end else out[#out + 1] = q end
  end
  return out
end

local function report(name, t, kind)
  if type(t) ~= "userdata" then op.fail(('report "%s" is a %s, not a tensor'):format(name, type(t))) end
  op.report(name, t.rank == 0 and t or t:mean(), kind)
end

-- One step: {minimize =, params =, with =, report =}
local function trace_step(step, k, reported)
  local name = ("step %d"):format(k)
  op.graph("step", name)
  local r = step()
  if type(r) ~= "table" then op.fail(("%s returns a %s; it must return {minimize = loss, params = net, with = optimiser}"):format(name, type(r))) end
  check_fields(name, r, {minimize = 1, params = 1, with = 1, report = 1, name = 1})
  if type(r.minimize) ~= "userdata" then op.fail(("%s must return minimize = a loss"):format(name)) end
  if type(r.with) ~= "function" then op.fail(("%s must return with = an optimiser, as optim.adam{lr = 2e-4}"):format(name)) end
  local params = parameters(r.params)
  if #params == 0 then op.fail(("%s must return params = a net (or a list of nets) that has parameters"):format(name)) end
  local values = {}
  for i, p in ipairs(params) do values[i] = op.read(p) end
  r.with(params, op.grad(r.minimize, values))
  report(r.name or ("loss_%d"):format(k), r.minimize, "loss")
  local seen = r.report or {}
  for _, key in ipairs(util.keys(seen)) do
    if reported[key] then op.fail(('"%s" is reported twice'):format(key)) end
    reported[key] = true
    report(key, seen[key], "report")
  end
end

local function build(spec)
  if type(spec) ~= "table" then op.fail(("the spec returns a %s; it must return {steps = {...}, samples = ..., epochs = ...}"):format(type(spec))) end
  check_fields("the spec", spec, {steps = 1, samples = 1, epochs = 1, range = 1})
  if type(spec.steps) ~= "table" or #spec.steps == 0 then op.fail("the spec must return steps = {a function, ...}") end
  local reported = {}
  for k, step in ipairs(spec.steps) do
    if type(step) ~= "function" then op.fail(("steps[%d] is a %s, not a function"):format(k, type(step))) end
    trace_step(step, k, reported)
  end
  if spec.samples then
    local range = spec.range or {-1, 1}
    op.graph("sample", "samples")
    op.samples(tensor.of(spec.samples()), range[1], range[2])
  end
  op.epochs(util.whole("the spec", "epochs", spec.epochs or 20, 1))
end

return env, build
