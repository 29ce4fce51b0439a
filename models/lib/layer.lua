-- layer.lua: what a layer is, and how nets are made of layers.
--
-- A layer has a kind ("conv2d"), a text for the layer table ("conv2d 32 k4 s2 p1"), a name (of its net and its place in it:
-- "discriminator.2", as PyTorch's nn.Sequential names it), and two methods:
--   setup(self, shape)         makes its parameters, once, for an input of this shape
--   forward(self, x, train)    computes; train is false in eval mode
local util, tensor, init = require "lib.util", require "lib.tensor", require "lib.init"
local layer = {}

local Layer = {}
Layer.__index = Layer
function Layer.setup() end

-- self:param{name, shape =, init =, fan = {in, out}, perm =}: a parameter, from then on self:read(name). perm: the order of its
-- axes in checkpoints, PyTorch's.
function Layer:param(o)
  local how = o.init or init.fan_in()
  if type(how) == "function" then how = how(table.unpack(o.fan or {util.product(o.shape), util.product(o.shape)})) end
  local name = self.renamed and self.renamed[o[1]] or o[1]
  local v = op.param{name = self.name .. "." .. name, shape = o.shape, init = how, perm = o.perm}
  self.params[#self.params + 1] = v
  self.vars[o[1]] = v
end

-- self:state{name, shape =, init =}: persists, and is not trained. self:read(name), self:update(name, tensor)
function Layer:state(o)
  self.vars[o[1]] = op.state{name = self.name .. "." .. o[1], shape = o.shape, init = o.init or init.constant(0)}
end

-- self:read(name): a parameter or a state as a tensor; nil when the layer has none of this name. A state that was updated
-- before in the same step is read as updated.
function Layer:read(name)
  local v = self.vars[name]
  if not v then return nil end
  if v.kind == "state" then return op.pending(v) end
  local ahead = layer.averaged and layer.averages[v.name]
  return ahead and op.read(v) + op.read(ahead) or op.read(v)
end

function Layer:update(name, x) op.update(self.vars[name], x) end

-- Makes a layer of its methods.
function layer.new(kind, text, methods)
  methods.kind, methods.text, methods.where, methods.params, methods.vars = kind, text, op.where(), {}, {}
  return setmetatable(methods, Layer)
end

function layer.is(x) return getmetatable(x) == Layer end

-- define(kind, fields, make): a function of options that gives a layer: make(options) gives the text, or nil, and the methods.
function layer.define(kind, fields, make)
  return function(...)
    local text, methods = make(util.arguments("nn." .. kind, fields, ...))
    return layer.new(kind, text or kind, methods)
  end
end

---- nets ----

-- optim's moving averages of parameters, less the parameters: by name. While `averaged` is set, layers read them.
layer.averages, layer.averaged = {}, false

local Net = {}
Net.__index = Net
function layer.is_net(x) return getmetatable(x) == Net end

-- What a list of layers must be
local function check_list(what, list)
  if type(list) ~= "table" then op.fail(("%s needs a list of layers, not %s"):format(what, util.show(list))) end
  for k = 1, #list do
    local l = list[k]
    if not layer.is(l) and not layer.is_net(l) then
      op.fail(("%s: item %d is %s, not a layer%s"):format(what, k, util.show(l), type(l) == "function" and "; wrap it in nn.func, or add {} behind its name" or ""))
    end
  end
  for _, key in ipairs(util.keys(list)) do op.fail(('%s is a list of layers and has no option "%s"'):format(what, key)) end
  if #list == 0 then op.fail(what .. " has no layers") end
  return util.copy(list)
end

local function count(l)
  local n = 0
  for _, v in ipairs(l.params) do n = n + util.product(v.shape) end
  return n
end

local function apply(l, x, train)
  op.at(l.where, ('%s "%s"'):format(l.kind, l.name))
  local first = not l.ready
  if first then
    l:setup(x.shape)
    l.ready = true
  end
  local y = l:forward(x, train)
  if type(y) ~= "userdata" then op.fail(("its function gives %s, not a tensor"):format(util.show(y))) end
  op.pop()
  if first then
    local shape = y.shape
    op.layer{net = l.net, name = l.name, kind = l.text, shape = table.move(shape, 2, #shape, 1, {}), params = count(l), where = l.where}
  end
  return y
end

-- Layers one after the other. Their names are `name`.0, `name`.1, ...
local function chain(list, net, name, x, train)
  for k, l in ipairs(list) do
    if layer.is_net(l) then x = l:run(x, train)
    else
      l.net, l.name = l.net or net, l.name or ("%s.%d"):format(name, k - 1)
      x = apply(l, x, train)
    end
  end
  return x
end

-- A layer that is a list of layers, joined with its input by join(x, y): how nn.sequential nests, nn.residual, nn.skip.
function layer.block(kind, list, join)
  return layer.new(kind, kind, {
    layers = check_list("nn." .. kind, list),
    forward = function(self, x, train) return join(x, chain(self.layers, self.net, self.name, x, train)) end,
  })
end

function layer.net(name, list)
  if type(name) ~= "string" or #name == 0 then op.fail(('nn.sequential needs a name and a list of layers: nn.sequential("generator", {...}), not %s'):format(util.show(name))) end
  return setmetatable({name = name, layers = check_list(('nn.sequential "%s"'):format(name), list), where = op.where()}, Net)
end

-- The first input fixes the shape; later ones may differ in their first size, the batch.
local function check_input(self, x)
  local s = x.shape
  if not self.shape then self.shape, self.first = s, op.where() end
  local same = #s == #self.shape
  for k = 2, #s do same = same and s[k] == self.shape[k] end
  if same then return end
  op.fail(('net "%s" takes inputs of %s (besides the batch), as at its first call at %s:%d, but this one is %s'):format(
    self.name, #self.shape > 1 and util.shape(self.shape, 2) or "one number", self.first.file, self.first.line, #s > 1 and util.shape(s, 2) or "one number"))
end

function Net:run(x, train)
  x = tensor.of(x)
  if type(x) == "number" or x.rank == 0 then op.fail(('net "%s" needs an input with a batch axis, not a number'):format(self.name)) end
  check_input(self, x)
  return chain(self.layers, self.name, self.name, x, train)
end

-- net(x): as in training. net:eval(x): with running statistics, without dropout. net:averaged(x): eval with the moving
-- averages of its parameters that an optimiser keeps (ema = 0.999).
function Net:__call(x, ...)
  if select("#", ...) > 0 then op.fail(('net "%s" takes one input; join several with concat'):format(self.name)) end
  return self:run(x, true)
end
function Net:eval(x) return self:run(x, false) end
function Net:averaged(x)
  for _, v in ipairs(self:parameters()) do
    if not layer.averages[v.name] then op.fail(('net "%s" has no moving averages; train it by an optimiser with ema = 0.999'):format(self.name)) end
  end
  layer.averaged = true
  local y = self:run(x, false)
  layer.averaged = false
  return y
end

-- all parameters in the order of the layers, each once; there are none before the net's first call
function Net:parameters()
  local out, seen = {}, {}
  local function add(list)
    for _, l in ipairs(list) do
      for _, v in ipairs(l.params or {}) do
        if not seen[v.name] then seen[v.name] = true; out[#out + 1] = v end
      end
      add(l.layers or {})
    end
  end
  add(self.layers)
  return out
end

return layer
