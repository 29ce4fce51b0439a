-- burin.lua: the language: returns the globals of a spec, and the function that traces what a spec returned.
local util, tensor, layer = require "lib.util", require "lib.tensor", require "lib.layer"
local optim = require "lib.optim"
op.methods(util.strict("a tensor", tensor))

---- what a spec sees ----

-- random.normal{sizes}: N(0,1).  random.uniform{sizes, lo = 0, hi = 1}: U(lo, hi). New numbers at each step.
local random = {}
local function draw(kind, options, list)
  local what = "random." .. kind
  local shape = util.check(what, "its argument", list, util.list)
  local given = {}
  for _, key in ipairs(util.keys(list)) do given[key] = list[key] end
  return op.random(kind, shape), util.arguments(what, options, given)
end
function random.normal(list) return (draw("normal", {}, list)) end
function random.uniform(list)
  local u, o = draw("uniform", {lo = {util.number, 0}, hi = {util.number, 1}}, list)
  return u * (o.hi - o.lo) + o.lo
end

local language = {
  nn = require "lib.nn", loss = require "lib.loss", optim = {sgd = optim.sgd, adam = optim.adam, adamw = optim.adamw, rmsprop = optim.rmsprop},
  init = require "lib.init", schedule = require "lib.schedule", data = require "lib.data", random = random,
}
for name, t in pairs(language) do util.strict(name, t) end

-- option(name, preset, help): a value that --set name=value changes
language.option = op.option
-- stop(x): x, but no gradient passes
function language.stop(x) return op.stop(tensor.of(x)) end
-- grad(y, x): dy/dx of a scalar y; for a list of tensors, a list. It is a tensor as any other, and can be differentiated again
function language.grad(y, x)
  if type(x) == "table" then return op.grad(y, x) end
  return op.grad(y, {x})[1]
end
-- concat({x, y, ...}, axis): side by side.  iota({sizes}, axis): 0, 1, 2, ... along the axis
function language.concat(list, axis) return op.concat(list, axis) end
function language.iota(shape, axis) return op.iota(shape, axis) end

for _, name in ipairs {"assert", "error", "ipairs", "next", "pairs", "pcall", "print", "rawequal", "rawget", "rawlen", "rawset", "require", "select",
                       "setmetatable", "getmetatable", "tonumber", "tostring", "type", "xpcall", "math", "string", "table", "utf8", "_VERSION"} do
  language[name] = _G[name]
end
util.strict("math", math, {random = "; random.uniform and random.normal are for steps, and their numbers come from the seed"})

local forbidden = {}
for _, name in ipairs {"io", "os", "debug", "load", "loadfile", "dofile", "package", "coroutine", "collectgarbage"} do forbidden[name] = true end
local env = setmetatable({}, {__index = function(_, name)
  if language[name] ~= nil then return language[name] end
  local why = forbidden[name] and ": a spec has no files, no clock and no loader" or util.nearest(tostring(name), util.keys(language))
  op.fail(('there is no "%s"%s'):format(tostring(name), why))
end, __pairs = function() return next, language end})

---- what a spec returns ----

local function check_fields(what, t, known, where)
  for _, key in ipairs(util.keys(t)) do
    if not known[key] then op.fail(('%s has no field "%s"%s'):format(what, key, util.nearest(key, util.keys(known))), where) end
  end
end

-- params = a net, or a list of nets: their parameters
local function parameters(p, where)
  local out = {}
  local list = layer.is_net(p) and {p} or p
  for _, net in ipairs(type(list) == "table" and list or {}) do
    if not layer.is_net(net) then op.fail(("params must be a net, or a list of nets, but has %s"):format(util.show(net)), where) end
    if #net:parameters() == 0 then op.fail(('net "%s" has no parameters to train%s'):format(net.name, net.shape and "" or "; it was not called yet"), where) end
    table.move(net:parameters(), 1, #net:parameters(), #out + 1, out)
  end
  if #out == 0 then op.fail(("the step must return params = a net, or a list of nets, not %s"):format(util.show(p)), where) end
  return out
end

-- minimize depends on something that is trained, or the step does nothing.
local function gradients(loss, params, where)
  if util.product(loss.shape) ~= 1 then
    op.fail(("minimize must be one number, but its shape is %s; take a mean or a sum of it"):format(util.shape(loss.shape)), where)
  end
  local values = {}
  for k, p in ipairs(params) do values[k] = op.read(p) end
  local grads = op.grad(loss, values)
  for _, g in ipairs(grads) do if g.op ~= "const" then return grads end end
  op.fail(('minimize does not depend on "%s" and the other params of the step; is there a stop() too many?'):format(params[1].name), where)
end

local reported = {}
local function report(name, t, kind, where)
  if type(t) ~= "userdata" then op.fail(('report "%s" must be a tensor, not %s'):format(name, util.show(t)), where) end
  if reported[name] then op.fail(('"%s" is reported twice'):format(name), where) end
  reported[name] = true
  op.report(name, t.rank == 0 and t or t:mean(), kind)
end

-- report = {name = tensor, ...}, in the order of the names, or {{name, tensor}, ...} in this order. Of several numbers, the mean.
local function reports(list, where)
  if type(list) ~= "table" then op.fail(("report must be a table, as in {loss = tensor}, not %s"):format(util.show(list)), where) end
  for k, entry in ipairs(list) do
    if type(entry) ~= "table" or type(entry[1]) ~= "string" then op.fail(("report: item %d must be {name, tensor}"):format(k), where) end
    report(entry[1], entry[2], "report", where)
  end
  for _, name in ipairs(util.keys(list)) do report(name, list[name], "report", where) end
end

local step_fields = {minimize = true, params = true, with = true, report = true, name = true}

-- The i-th of n times that this step function is in steps: it is called with i, and the last time its numbers are reported.
local function trace_step(step, k, i, n)
  local where = op.where(step)
  op.graph("step", ("step %d"):format(k))
  local r = step(i)
  if type(r) ~= "table" then op.fail(("the step must return {minimize = a loss, params = a net, with = an optimiser}, not %s"):format(util.show(r)), where) end
  check_fields("a step", r, step_fields, where)
  if type(r.minimize) ~= "userdata" then op.fail(("the step must return minimize = a loss, not %s"):format(util.show(r.minimize)), where) end
  if type(r.with) ~= "table" or not r.with.optimiser then
    op.fail(("the step must return with = an optimiser, as optim.adam{lr = 2e-4}, not %s"):format(util.show(r.with)), where)
  end
  local params = parameters(r.params, where)
  local slopes = gradients(r.minimize, params, where)
  op.at(where, "optimiser")
  r.with.optimiser(params, slopes)
  op.pop()
  if i < n then return end
  report(util.check("a step", "name", r.name or ("loss_%d"):format(k), util.text), r.minimize, "loss", where)
  reports(r.report or {}, where)
end

local function build(spec)
  if type(spec) ~= "table" then op.fail(("the spec must return {steps = {...}, samples = a function, epochs = 20}, not %s"):format(util.show(spec))) end
  check_fields("what the spec returns", spec, {steps = true, samples = true, epochs = true, range = true, precision = true})
  local steps, times, count = spec.steps, {}, {}
  if type(steps) ~= "table" or #steps == 0 then op.fail("the spec must return steps = a list of functions") end
  for k, step in ipairs(steps) do
    if type(step) ~= "function" then op.fail(("steps: item %d must be a function, not %s"):format(k, util.show(step))) end
    times[step] = (times[step] or 0) + 1
  end
  for k, step in ipairs(steps) do
    count[step] = (count[step] or 0) + 1
    trace_step(step, k, count[step], times[step])
  end
  if spec.samples ~= nil then
    local samples = util.check("the spec", "samples", spec.samples, {text = "a function that gives images", is = function(v) return type(v) == "function" and v or nil end})
    local range = util.check("the spec", "range", spec.range or {-1, 1}, util.range)
    op.graph("sample", "samples")
    op.samples(tensor.of(samples()), range[1], range[2])
  end
  op.precision(util.check("the spec", "precision", spec.precision or "fp32", util.precision))
  op.epochs(util.check("the spec", "epochs", spec.epochs or 20, util.size))
end

return env, build
