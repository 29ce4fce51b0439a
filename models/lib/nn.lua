-- nn.lua: layers and nets. Images are (N,H,W,C), rows (N,C).
--
-- A layer is a table {kind =, setup =, forward =}: setup(self, shape) makes its parameters for an input of this shape, once;
-- forward(self, x, train) computes. nn.func turns any function into a layer; layer() below adds a new one.
local util, tensor, init = require "lib.util", require "lib.tensor", require "lib.init"
local nn = {}
local needed, none = util.needed, util.none

-- A layer called `kind` with the text that the layer table shows
local function layer(kind, text, methods)
  methods.kind, methods.text, methods.where = kind, text, op.where()
  methods.setup = methods.setup or function() end
  return methods
end

-- A parameter of the layer; perm: the order of its axes in checkpoints, PyTorch's
local function param(self, name, shape, how, perm)
  self.params = self.params or {}
  local v = op.param{name = self.name .. "." .. name, shape = shape, init = how, perm = perm}
  self.params[#self.params + 1] = v
  return v
end

local function activation(kind, f) nn[kind] = function(o) util.arguments("nn." .. kind, o, {}); return layer(kind, kind, {forward = function(_, x) return f(x) end}) end end

local function where(c, a, b) return op.map("where", c, a, b) end
local function positive(x) return op.map("lt", 0, x) end

---- activations: element by element, any shape ----

activation("relu", function(x) return where(positive(x), x, 0) end)                     -- max(x, 0)
activation("tanh", function(x) return op.map("tanh", x) end)
activation("sigmoid", function(x) return op.map("sigmoid", x) end)                      -- 1 / (1 + e^-x)
activation("softplus", function(x) return op.map("softplus", x) end)                    -- log(1 + e^x)
activation("silu", function(x) return x * op.map("sigmoid", x) end)                     -- Elfwing et al. 2017
activation("gelu", function(x) return x * 0.5 * (1 + op.map("erf", x * math.sqrt(0.5))) end)    -- Hendrycks and Gimpel 2016, exact form
activation("selu", function(x) return where(positive(x), x, op.map("expm1", op.map("min", x, 0)) * 1.6732632423543772) * 1.0507009873554805 end)  -- Klambauer et al. 2017

-- leaky_relu{slope}: x > 0 ? x : slope * x (Maas et al. 2013)
function nn.leaky_relu(o)
  o = util.arguments("nn.leaky_relu", o, {"slope", slope = 0.01})
  return layer("leaky_relu", ("leaky_relu %g"):format(o.slope), {forward = function(_, x) return where(positive(x), x, x * o.slope) end})
end

-- elu{alpha}: x > 0 ? x : alpha * (e^x - 1) (Clevert et al. 2015)
function nn.elu(o)
  o = util.arguments("nn.elu", o, {"alpha", alpha = 1.0})
  return layer("elu", ("elu %g"):format(o.alpha), {forward = function(_, x) return where(positive(x), x, op.map("expm1", op.map("min", x, 0)) * o.alpha) end})
end

-- softmax over the last axis
function nn.softmax(o)
  util.arguments("nn.softmax", o, {})
  return layer("softmax", "softmax", {forward = function(_, x)
    local e = op.map("exp", x - op.stop(op.reduce("max", x, {-1})))
    return e / op.reduce("sum", e, {-1})
  end})
end

---- linear and convolutions ----

-- linear{out, bias = true, init =}: (N,I) -> (N,O): x W + b, W (I,O)
function nn.linear(o)
  o = util.arguments("nn.linear", o, {"out", out = needed, bias = true, init = none})
  util.whole("nn.linear", "out", o.out, 1)
  return layer("linear", ("linear %d"):format(o.out), {
    setup = function(self, s)
      if #s ~= 2 then op.fail(("linear needs rows (N,C), but its input is %s; put nn.flatten{} before it"):format(table.concat(s, "x"))) end
      self.w = param(self, "weight", {s[2], o.out}, o.init or init.fan_in(s[2]), {2, 1})
      if o.bias then self.b = param(self, "bias", {o.out}, init.fan_in(s[2])) end
    end,
    forward = function(self, x)
      local y = op.matmul(x, op.read(self.w))
      return self.b and y + op.read(self.b) or y
    end})
end

local function conv_options(kind, o)
  local fields = {"out", out = needed, kernel = needed, stride = 1, padding = 0, bias = true, init = none}
  if kind == "conv_transpose2d" then fields.output_padding = 0 end
  o = util.arguments("nn." .. kind, o, fields)
  util.whole(kind, "out", o.out, 1)
  util.whole(kind, "kernel", o.kernel, 1)
  util.whole(kind, "stride", o.stride, 1)
  util.whole(kind, "padding", o.padding, 0)
  local function short(letter, v, preset)
    local a, b = util.pair(v)
    return (a ~= preset or b ~= preset) and (" %s%s"):format(letter, a == b and a or a .. "x" .. b) or ""
  end
  return o, ("%s %d%s%s%s"):format(kind, o.out, short("k", o.kernel), short("s", o.stride, 1), short("p", o.padding, 0))
end

local function images(kind, s)
  if #s ~= 4 then op.fail(("%s needs images (N,H,W,C), but its input is %s"):format(kind, table.concat(s, "x"))) end
end

-- conv2d{out, kernel =, stride = 1, padding = 0, bias = true, init =}: (N,H,W,I) -> (N,OH,OW,O), OH = (H + 2p - k) // s + 1
function nn.conv2d(o)
  local text
  o, text = conv_options("conv2d", o)
  local kh, kw = util.pair(o.kernel)
  return layer("conv2d", text, {
    setup = function(self, s)
      images("conv2d", s)
      self.w = param(self, "weight", {kh, kw, s[4], o.out}, o.init or init.fan_in(kh * kw * s[4]), {4, 3, 1, 2})
      if o.bias then self.b = param(self, "bias", {o.out}, init.fan_in(kh * kw * s[4])) end
    end,
    forward = function(self, x)
      local y = op.conv(x, op.read(self.w), {stride = o.stride, padding = o.padding})
      return self.b and y + op.read(self.b) or y
    end})
end

-- conv_transpose2d{out, kernel =, stride = 1, padding = 0, output_padding = 0, bias = true, init =}: (N,H,W,I) -> (N,OH,OW,O),
-- OH = (H - 1) s - 2p + k + output_padding: the transpose of conv2d in its input (Dumoulin and Visin 2016, section 4)
function nn.conv_transpose2d(o)
  local text
  o, text = conv_options("conv_transpose2d", o)
  local kh, kw = util.pair(o.kernel)
  local sh, sw = util.pair(o.stride)
  local ph, pw = util.pair(o.padding)
  local oh, ow = util.pair(o.output_padding)
  return layer("conv_transpose2d", text, {
    setup = function(self, s)
      images("conv_transpose2d", s)
      self.w = param(self, "weight", {kh, kw, o.out, s[4]}, o.init or init.fan_in(kh * kw * o.out), {4, 3, 1, 2})
      if o.bias then self.b = param(self, "bias", {o.out}, init.fan_in(kh * kw * o.out)) end
    end,
    forward = function(self, x)
      local s = x.shape
      local h, w = (s[2] - 1) * sh - 2 * ph + kh + oh, (s[3] - 1) * sw - 2 * pw + kw + ow
      if h < 1 or w < 1 then op.fail(("padding %s leaves nothing of the result for input %dx%d; use less padding"):format(ph == pw and ph or ph .. "x" .. pw, s[2], s[3])) end
      local y = op.conv_dx(x, op.read(self.w), {stride = o.stride, padding = o.padding, size = {h, w}})
      return self.b and y + op.read(self.b) or y
    end})
end

---- normalisation ----

-- batch_norm{eps = 1e-5, momentum = 0.1, init = , affine = true}: per channel, over all other axes (Ioffe and Szegedy 2015,
-- algorithm 1); running statistics for eval as PyTorch keeps them: the variance there is unbiased.
-- Variance in one pass, as E[(x-c)^2] - E[x-c]^2 with the running mean as c: exact for any c, and no cancellation when c is near
-- the mean; c is known before x is, so that both sums leave the registers of what computes x.
function nn.batch_norm(o)
  o = util.arguments("nn.batch_norm", o, {eps = 1e-5, momentum = 0.1, affine = true, init = none})
  return layer("batch_norm", "batch_norm", {
    setup = function(self, s)
      local c = {s[#s]}
      if o.affine then
        self.gamma = param(self, "weight", c, o.init or init.constant(1))
        self.beta = param(self, "bias", c, init.constant(0))
      end
      self.mean = op.state{name = self.name .. ".running_mean", shape = c, init = init.constant(0)}
      self.var = op.state{name = self.name .. ".running_var", shape = c, init = init.constant(1)}
    end,
    forward = function(self, x, train)
      local axes, n, c = {}, util.product(x.shape) // x.shape[x.rank], op.stop(op.read(self.mean))
      for k = 1, x.rank - 1 do axes[k] = k end
      local mean, var = op.pending(self.mean), op.pending(self.var)
      if train then
        if n < 2 then op.fail(("batch_norm needs more than one value per channel, but its input is %s"):format(table.concat(x.shape, "x"))) end
        local d = x - c
        local first, second = op.reduce("sum", d, axes) * (1 / n), op.reduce("sum", d * d, axes) * (1 / n)
        local m, v = c + first, second - first * first
        local function keep(old, new) return old * (1 - o.momentum) + op.reshape(op.stop(new), {x.shape[x.rank]}) * o.momentum end
        op.update(self.mean, keep(mean, m))
        op.update(self.var, keep(var, v * (n / (n - 1))))
        mean, var = m, v
      end
      local scale = op.map("rsqrt", var + o.eps)
      if not o.affine then return (x - mean) * scale end
      return (x - mean) * (op.read(self.gamma) * scale) + op.read(self.beta)
    end})
end

-- what layer, group and instance normalisation share: x normalised over `axes`
local function normalise(x, axes, eps)
  local d = x - tensor.mean(x, axes)
  return d * op.map("rsqrt", tensor.mean(d * d, axes) + eps)
end

local function affine(self, s, o)
  if not o.affine then return end
  self.gamma = param(self, "weight", s, init.constant(1))
  self.beta = param(self, "bias", s, init.constant(0))
end
local function scaled(self, y) return self.gamma and y * op.read(self.gamma) + op.read(self.beta) or y end

-- layer_norm{eps = 1e-5, affine = true}: over the last axis (Ba et al. 2016)
function nn.layer_norm(o)
  o = util.arguments("nn.layer_norm", o, {eps = 1e-5, affine = true})
  return layer("layer_norm", "layer_norm", {
    setup = function(self, s) affine(self, {s[#s]}, o) end,
    forward = function(self, x) return scaled(self, normalise(x, {-1}, o.eps)) end})
end

-- group_norm{groups, eps = 1e-5, affine = true}: over H, W and the channels of a group (Wu and He 2018)
function nn.group_norm(o)
  o = util.arguments("nn.group_norm", o, {"groups", groups = needed, eps = 1e-5, affine = true})
  return layer("group_norm", ("group_norm %d"):format(o.groups), {
    setup = function(self, s)
      images("group_norm", s)
      if s[4] % o.groups ~= 0 then op.fail(("group_norm: %d groups do not divide %d channels"):format(o.groups, s[4])) end
      affine(self, {s[4]}, o)
    end,
    forward = function(self, x)
      local s = x.shape
      local y = normalise(op.reshape(x, {s[1], s[2], s[3], o.groups, s[4] // o.groups}), {2, 3, 5}, o.eps)
      return scaled(self, op.reshape(y, s))
    end})
end

-- instance_norm{eps = 1e-5, affine = false}: each channel of each image over H and W (Ulyanov et al. 2016)
function nn.instance_norm(o)
  o = util.arguments("nn.instance_norm", o, {eps = 1e-5, affine = false})
  return layer("instance_norm", "instance_norm", {
    setup = function(self, s) images("instance_norm", s); affine(self, {s[4]}, o) end,
    forward = function(self, x) return scaled(self, normalise(x, {2, 3}, o.eps)) end})
end

---- shape, pooling, the rest ----

-- flatten{}: (N,...) -> (N,C)
function nn.flatten(o)
  util.arguments("nn.flatten", o, {})
  return layer("flatten", "flatten", {forward = function(_, x) return op.reshape(x, {x.shape[1], -1}) end})
end

-- reshape{shape = {H,W,C}}: each row or image to this shape; one size may be -1
function nn.reshape(o)
  o = util.arguments("nn.reshape", o, {shape = needed})
  return layer("reshape", "reshape " .. table.concat(o.shape, "x"), {forward = function(_, x) return op.reshape(x, {x.shape[1], table.unpack(o.shape)}) end})
end

-- the k x k shifted copies of x from which a pooling layer takes the maximum or the mean
local function windows(kind, x, k, s)
  local shape = x.shape
  images(kind, shape)
  local h, w = (shape[2] - k) // s, (shape[3] - k) // s
  if h < 0 or w < 0 then op.fail(("kernel %d does not fit input %dx%d; use kernel ≤ %d"):format(k, shape[2], shape[3], math.min(shape[2], shape[3]))) end
  local out = {}
  for i = 1, k do
    for j = 1, k do out[#out + 1] = op.slice(x, {1, i, j, 1}, {shape[1], i + h * s, j + w * s, shape[4]}, {1, s, s, 1}) end
  end
  return out
end

local function pool(kind, combine)
  nn[kind] = function(o)
    o = util.arguments("nn." .. kind, o, {"kernel", kernel = needed, stride = none})
    local s = o.stride or o.kernel
    util.whole(kind, "kernel", o.kernel, 1)
    util.whole(kind, "stride", s, 1)
    return layer(kind, ("%s k%d s%d"):format(kind, o.kernel, s), {forward = function(_, x) return combine(windows(kind, x, o.kernel, s)) end})
  end
end

-- max_pool2d{kernel, stride = kernel}, avg_pool2d{kernel, stride = kernel}: (N,H,W,C) -> (N,(H-k)//s+1,(W-k)//s+1,C)
pool("max_pool2d", function(list)
  local y = list[1]
  for k = 2, #list do y = op.map("max", y, list[k]) end
  return y
end)
pool("avg_pool2d", function(list)
  local y = list[1]
  for k = 2, #list do y = y + list[k] end
  return y * (1 / #list)
end)

-- global_avg_pool{}: (N,H,W,C) -> (N,C)
function nn.global_avg_pool(o)
  util.arguments("nn.global_avg_pool", o, {})
  return layer("global_avg_pool", "global_avg_pool", {forward = function(_, x)
    images("global_avg_pool", x.shape)
    return op.reshape(tensor.mean(x, {2, 3}), {x.shape[1], x.shape[4]})
  end})
end

-- upsample_nearest{factor}: (N,H,W,C) -> (N,fH,fW,C), each pixel repeated
function nn.upsample_nearest(o)
  o = util.arguments("nn.upsample_nearest", o, {"factor", factor = 2})
  local f = util.whole("upsample_nearest", "factor", o.factor, 1)
  return layer("upsample_nearest", ("upsample_nearest %d"):format(f), {forward = function(_, x)
    images("upsample_nearest", x.shape)
    local n, h, w, c = table.unpack(x.shape)
    local y = op.broadcast(op.reshape(x, {n, h, 1, w, 1, c}), {n, h, f, w, f, c})
    return op.reshape(y, {n, h * f, w * f, c})
  end})
end

-- dropout{p}: in training each element is 0 with probability p, else divided by 1 - p (Srivastava et al. 2014)
function nn.dropout(o)
  o = util.arguments("nn.dropout", o, {"p", p = 0.5})
  if o.p < 0 or o.p >= 1 then op.fail(("dropout: p must be at least 0 and less than 1, not %g"):format(o.p)) end
  return layer("dropout", ("dropout %g"):format(o.p), {forward = function(_, x, train)
    if not train or o.p == 0 then return x end
    return where(op.map("lt", op.random("uniform", x.shape), o.p), 0, x * (1 / (1 - o.p)))
  end})
end

-- embedding{classes, size}: labels (N) -> (N,size): rows of a table; N(0,1) at first
function nn.embedding(o)
  o = util.arguments("nn.embedding", o, {classes = needed, size = needed, init = none})
  return layer("embedding", ("embedding %dx%d"):format(o.classes, o.size), {
    setup = function(self) self.w = param(self, "weight", {o.classes, o.size}, o.init or init.normal(0, 1)) end,
    forward = function(self, x)
      local n = x.shape[1]
      local hot = op.map("eq", op.reshape(x, {n, 1}), op.iota({n, o.classes}, 2))
      return op.matmul(hot, op.read(self.w))
    end})
end

-- func(f, text): any function of a tensor as a layer
function nn.func(f, text)
  if type(f) ~= "function" then op.fail("nn.func needs a function of a tensor") end
  return layer("func", text or "func", {forward = function(_, x) return f(x) end})
end

---- nets ----

local net = {}
net.__index = net

-- sequential(name, layers): a net. net(x) computes as in training, net:eval(x) with running statistics and without dropout. The
-- first call fixes the shapes and makes the parameters.
function nn.sequential(name, layers)
  if type(name) ~= "string" or type(layers) ~= "table" then op.fail('nn.sequential needs a name and a list of layers: nn.sequential("generator", { ... })') end
  for k, l in ipairs(layers) do
    if type(l) ~= "table" or not l.forward then op.fail(("nn.sequential \"%s\": item %d is a %s, not a layer"):format(name, k, type(l))) end
  end
  if #layers == 0 then op.fail(("nn.sequential \"%s\" has no layers"):format(name)) end
  return setmetatable({name = name, layers = util.copy(layers), where = op.where()}, net)
end

local function parameters_of(l)
  local n = 0
  for _, v in ipairs(l.params or {}) do n = n + util.product(v.shape) end
  return n
end

local function apply(self, l, k, x, train)
  l.name = l.name or ("%s.%d"):format(self.name, k - 1)
  op.at(l.where, ('%s "%s"'):format(l.kind, l.name))
  local first = not l.ready
  if first then
    l:setup(x.shape)
    l.ready = true
  end
  local y = l:forward(x, train)
  op.pop()
  if first then
    local shape = y.shape
    table.remove(shape, 1)
    op.layer{net = self.name, name = l.name, kind = l.text, shape = shape, params = parameters_of(l), where = l.where}
  end
  return y
end

local function run(self, x, train)
  x = tensor.of(x)
  local s = x.shape
  if not self.shape then self.shape = s end
  for k = 2, math.max(#s, #self.shape) do
    if s[k] ~= self.shape[k] then
      op.fail(('%s was made for inputs of %s, but here it gets %s (the first size, the batch, may differ)'):format(self.name, table.concat(self.shape, "x"), table.concat(s, "x")))
    end
  end
  for k, l in ipairs(self.layers) do x = apply(self, l, k, x, train) end
  return x
end

function net:__call(x) return run(self, x, true) end
function net:eval(x) return run(self, x, false) end

-- all parameters, in the order of the layers
function net:parameters()
  local out = {}
  for _, l in ipairs(self.layers) do for _, v in ipairs(l.params or {}) do out[#out + 1] = v end end
  return out
end

nn.is_net = function(x) return getmetatable(x) == net end

return nn
