-- nn.lua: the layers. Images are (N,H,W,C), rows (N,C). To add one, write ten lines like those below (models/README.md).
local util, tensor, init, layer = require "lib.util", require "lib.tensor", require "lib.init", require "lib.layer"
local nn = {}

local function define(kind, fields, make) nn[kind] = layer.define(kind, fields, make) end

-- What a layer needs of its input
local function need_images(self, s)
  if #s ~= 4 then op.fail(("%s needs images (N,H,W,C), but its input is %s"):format(self.kind, util.shape(s))) end
end
local function need_rows(self, s)
  if #s ~= 2 then op.fail(("%s needs rows (N,C), but its input is %s; put nn.flatten{} before it"):format(self.kind, util.shape(s))) end
end

---- activations: of each element, any shape ----

local function activation(kind, f)
  define(kind, {}, function() return nil, {forward = function(_, x) return f(x) end} end)
end
-- the same with one number as an option
local function activation_with(kind, name, preset, f)
  define(kind, {name, [name] = {util.number, preset}}, function(o)
    return ("%s %g"):format(kind, o[name]), {forward = function(_, x) return f(x, o[name]) end}
  end)
end

local function positive(x) return op.map("lt", 0, x) end
local function expm1(x) return op.map("expm1", op.map("min", x, 0)) end                 -- of the negative part: no overflow in what is not chosen

activation("relu", tensor.relu)                                                         -- max(x, 0)
activation("tanh", tensor.tanh)
activation("sigmoid", tensor.sigmoid)                                                   -- 1 / (1 + e^-x)
activation("softplus", tensor.softplus)                                                 -- log(1 + e^x)
activation("softmax", tensor.softmax)                                                   -- e^x / sum e^x over the last axis
activation("silu", function(x) return x * tensor.sigmoid(x) end)                        -- x σ(x): Elfwing et al. 2017
activation("gelu", function(x) return x * 0.5 * (1 + op.map("erf", x * math.sqrt(0.5))) end)    -- x Φ(x): Hendrycks and Gimpel 2016, the exact form
activation("selu", function(x) return tensor.where(positive(x), x, expm1(x) * 1.6732632423543772) * 1.0507009873554805 end)  -- Klambauer et al. 2017
activation_with("leaky_relu", "slope", 0.01, tensor.leaky_relu)                         -- x > 0 ? x : slope x: Maas et al. 2013
activation_with("elu", "alpha", 1.0, function(x, a) return tensor.where(positive(x), x, expm1(x) * a) end)      -- x > 0 ? x : a (e^x - 1): Clevert et al. 2015

---- linear and convolutions ----

local function biased(self, y)
  local b = self:read("bias")
  return b and y + b or y
end

-- linear{out, bias = true, init =}: (N,I) -> (N,O): x W + b. In checkpoints W is (O,I)
define("linear", {"out", out = {util.size}, bias = {util.flag, true}, init = {util.init, false}}, function(o)
  return ("linear %d"):format(o.out), {
    setup = function(self, s)
      need_rows(self, s)
      local fan = {s[2], o.out}
      self:param{"weight", shape = {s[2], o.out}, init = o.init, fan = fan, perm = {2, 1}}
      if o.bias then self:param{"bias", shape = {o.out}, fan = fan} end
    end,
    forward = function(self, x)
      need_rows(self, x.shape)
      return biased(self, op.matmul(x, self:read("weight")))
    end}
end)

local function conv_text(kind, o)
  local function short(letter, v, preset)
    if v[1] == preset and v[2] == preset then return "" end
    return (" %s%s"):format(letter, v[1] == v[2] and v[1] or v[1] .. "x" .. v[2])
  end
  return ("%s %d%s%s%s"):format(kind, o.out, short("k", o.kernel), short("s", o.stride, 1), short("p", o.padding, 0))
end

local conv_fields = {"out", out = {util.size}, kernel = {util.sizes}, stride = {util.sizes, {1, 1}}, padding = {util.margins, {0, 0}},
                     bias = {util.flag, true}, init = {util.init, false}}

-- Both convolutions keep W as (KH,KW,I,O) of the convolution, and as (O,I,KH,KW) in checkpoints. The transposed one's I is what
-- it gives and its O what it takes: in checkpoints that is PyTorch's (in, out, KH, KW). As in PyTorch its fan_in counts `out`.
local function conv_setup(self, o, I, O)
  local area = o.kernel[1] * o.kernel[2]
  local fan = {area * I, area * O}
  self:param{"weight", shape = {o.kernel[1], o.kernel[2], I, O}, init = o.init, fan = fan, perm = {4, 3, 1, 2}}
  if o.bias then self:param{"bias", shape = {o.out}, fan = fan} end
end

-- conv2d{out, kernel =, stride = 1, padding = 0, bias = true, init =}: (N,H,W,I) -> (N,OH,OW,O), OH = (H + 2p - k) // s + 1
define("conv2d", conv_fields, function(o)
  return conv_text("conv2d", o), {
    setup = function(self, s) need_images(self, s); conv_setup(self, o, s[4], o.out) end,
    forward = function(self, x) return biased(self, op.conv(x, self:read("weight"), {stride = o.stride, padding = o.padding})) end}
end)

-- conv_transpose2d{out, kernel =, stride = 1, padding = 0, output_padding = 0, bias = true, init =}: (N,H,W,I) -> (N,OH,OW,O),
-- OH = (H - 1) s - 2p + k + output_padding: the transpose of conv2d in its input: Dumoulin and Visin 2016, chapter 4
local transpose_fields = {"out", output_padding = {util.margins, {0, 0}}}
for key, field in pairs(conv_fields) do transpose_fields[key] = field end
define("conv_transpose2d", transpose_fields, function(o)
  for k = 1, 2 do
    if o.output_padding[k] >= o.stride[k] then
      op.fail(("nn.conv_transpose2d: output_padding %d must be smaller than stride %d"):format(o.output_padding[k], o.stride[k]))
    end
  end
  return conv_text("conv_transpose2d", o), {
    out_axis = 3,                                                                       -- of the weight
    setup = function(self, s) need_images(self, s); conv_setup(self, o, o.out, s[4]) end,
    forward = function(self, x)
      local s, size = x.shape, {}
      for k = 1, 2 do
        local full = (s[1 + k] - 1) * o.stride[k] + o.kernel[k] + o.output_padding[k]
        size[k] = full - 2 * o.padding[k]
        if size[k] < 1 then
          op.fail(("padding %d leaves nothing of the result for input %dx%d; use padding ≤ %d"):format(o.padding[k], s[2], s[3], (full - 1) // 2))
        end
      end
      return biased(self, op.conv_dx(x, self:read("weight"), {stride = o.stride, padding = o.padding, size = size}))
    end}
end)

---- normalisation ----

-- batch_norm{momentum = 0.1, eps = 1e-5, affine = true, init =}: (x - mean) / sqrt(var + eps) * weight + bias for each channel,
-- statistics over all other axes: Ioffe and Szegedy 2015, algorithm 1. Running statistics for eval, as PyTorch's: their variance
-- is unbiased. init is the weight's.
--
-- Mean and variance in one pass: with s1 = mean(x-c), s2 = mean((x-c)^2): mean = c + s1, var = s2 - s1^2. That is exact for every
-- c, and loses no digits when c is near the mean; c is the running mean, which is known before x is computed, so that both sums
-- leave the registers of the kernel that computes x.
define("batch_norm", {momentum = {util.share, 0.1}, eps = {util.positive, 1e-5}, affine = {util.flag, true}, init = {util.init, false}}, function(o)
  return nil, {
    setup = function(self, s)
      local c = {s[#s]}
      if o.affine then
        self:param{"weight", shape = c, init = o.init or init.constant(1)}
        self:param{"bias", shape = c, init = init.constant(0)}
      end
      self:state{"running_mean", shape = c}
      self:state{"running_var", shape = c, init = init.constant(1)}
    end,
    statistics = function(self, x)
      local s = x.shape
      local n = util.product(s) // s[#s]
      if n < 2 then op.fail(("batch_norm needs more than one value for each channel, but its input is %s"):format(util.shape(s))) end
      local axes = {}
      for k = 1, #s - 1 do axes[k] = k end
      local old_mean, old_var = self:read("running_mean"), self:read("running_var")
      local c = op.stop(op.read(self.vars.running_mean))
      local d = x - c
      local s1, s2 = op.reduce("sum", d, axes) * (1 / n), op.reduce("sum", d * d, axes) * (1 / n)
      local mean, var = c + s1, op.map("max", s2 - s1 * s1, 0)
      local function moved(old, new) return old * (1 - o.momentum) + op.reshape(op.stop(new), {s[#s]}) * o.momentum end
      self:update("running_mean", moved(old_mean, mean))
      self:update("running_var", moved(old_var, var * (n / (n - 1))))
      return mean, var
    end,
    forward = function(self, x, train)
      local mean, var = self:read("running_mean"), self:read("running_var")
      if train then mean, var = self:statistics(x) end
      local scale = op.map("rsqrt", var + o.eps)
      if not o.affine then return (x - mean) * scale end
      return (x - mean) * (self:read("weight") * scale) + self:read("bias")
    end}
end)

-- What layer, group and instance normalisation share: x normalised over `axes`; a weight and a bias for each channel
local function normalise(x, axes, eps)
  local d = x - tensor.mean(x, axes)
  return d * op.map("rsqrt", tensor.mean(d * d, axes) + eps)
end
local function affine_setup(self, s, o)
  if not o.affine then return end
  self:param{"weight", shape = {s[#s]}, init = init.constant(1)}
  self:param{"bias", shape = {s[#s]}, init = init.constant(0)}
end
local function affine(self, y)
  local weight = self:read("weight")
  return weight and y * weight + self:read("bias") or y
end

-- layer_norm{eps = 1e-5, affine = true}: each row over its last axis: Ba et al. 2016
define("layer_norm", {eps = {util.positive, 1e-5}, affine = {util.flag, true}}, function(o)
  return nil, {
    setup = function(self, s) affine_setup(self, s, o) end,
    forward = function(self, x) return affine(self, normalise(x, {-1}, o.eps)) end}
end)

-- group_norm{groups, eps = 1e-5, affine = true}: each image over H, W and the channels of a group: Wu and He 2018
define("group_norm", {"groups", groups = {util.size}, eps = {util.positive, 1e-5}, affine = {util.flag, true}}, function(o)
  return ("group_norm %d"):format(o.groups), {
    setup = function(self, s)
      need_images(self, s)
      if s[4] % o.groups ~= 0 then op.fail(("%d groups do not divide %d channels"):format(o.groups, s[4])) end
      affine_setup(self, s, o)
    end,
    forward = function(self, x)
      local s = x.shape
      local y = normalise(op.reshape(x, {s[1], s[2], s[3], o.groups, s[4] // o.groups}), {2, 3, 5}, o.eps)
      return affine(self, op.reshape(y, s))
    end}
end)

-- instance_norm{eps = 1e-5, affine = false}: each channel of each image over H and W: Ulyanov et al. 2016
define("instance_norm", {eps = {util.positive, 1e-5}, affine = {util.flag, false}}, function(o)
  return nil, {
    setup = function(self, s) need_images(self, s); affine_setup(self, s, o) end,
    forward = function(self, x) return affine(self, normalise(x, {2, 3}, o.eps)) end}
end)

-- spectral_norm(layer): a linear or convolution layer with its weight divided by the weight's largest singular value, found by
-- one step of the power iteration at each use in training: Miyato et al. 2018, algorithm 1. In checkpoints weight_orig and weight_u.
function nn.spectral_norm(l)
  if not layer.is(l) then op.fail(("nn.spectral_norm needs a layer that has a weight, not %s"):format(util.show(l))) end
  local setup, forward, read = l.setup, l.forward, l.read
  local function unit(v) return v * op.map("rsqrt", tensor.sum(v * v) + 1e-24) end
  l.text = l.text .. " sn"
  l.renamed = {weight = "weight_orig"}
  function l:setup(s)
    setup(self, s)
    local w = self.vars.weight
    if not w then op.fail("spectral_norm: this layer has no weight") end
    self:state{"weight_u", shape = {w.shape[self.out_axis or #w.shape]}, init = init.normal(0, 1)}
  end
  function l:forward(x, train)
    local weight = read(self, "weight")
    local w = self.out_axis == 3 and op.transpose(weight, {1, 2, 4, 3}) or weight
    w = op.reshape(w, {-1, w.shape[w.rank]})                                            -- (K,O), O outputs
    local v = unit(op.matmul(op.stop(w), op.reshape(self:read("weight_u"), {-1, 1})))   -- (K,1)
    local u = op.reshape(unit(op.matmul(v, op.stop(w), true)), {-1})                    -- (O)
    if train then self:update("weight_u", u) end
    self.normalised = weight / tensor.sum(op.matmul(v, w, true) * u)
    return forward(self, x, train)
  end
  function l:read(name) return name == "weight" and self.normalised or read(self, name) end
  return l
end

---- shapes ----

-- flatten{}: (N,H,W,C) -> (N,C H W): rows in PyTorch's order of elements, so that checkpoints fit it; other shapes as they are
define("flatten", {}, function()
  return nil, {forward = function(_, x)
    local s = x.shape
    if #s == 4 and s[4] > 1 and s[2] * s[3] > 1 then x = op.transpose(x, {1, 4, 2, 3}) end
    return op.reshape(x, {s[1], -1})
  end}
end)

-- reshape{sizes}: each row or image to this shape; one size may be -1. Rows become images {H,W,C} in PyTorch's order of
-- elements, the inverse of flatten
define("reshape", {"sizes", sizes = {util.list}}, function(o)
  return "reshape " .. util.shape(o.sizes), {forward = function(_, x)
    local n, z = x.shape[1], o.sizes
    if x.rank ~= 2 or #z ~= 3 then return op.reshape(x, {n, table.unpack(z)}) end
    return op.transpose(op.reshape(x, {n, z[3], z[1], z[2]}), {1, 3, 4, 2})
  end}
end)

-- upsample_nearest{factor = 2}: (N,H,W,C) -> (N,fH,fW,C): each pixel repeated
define("upsample_nearest", {"factor", factor = {util.size, 2}}, function(o)
  return ("upsample_nearest %d"):format(o.factor), {forward = function(self, x)
    need_images(self, x.shape)
    local f, n, h, w, c = o.factor, table.unpack(x.shape)
    local y = op.broadcast(op.reshape(x, {n, h, 1, w, 1, c}), {n, h, f, w, f, c})
    return op.reshape(y, {n, h * f, w * f, c})
  end}
end)

---- pooling: (N,H,W,C) -> (N,(H-k)//s+1,(W-k)//s+1,C), the stride the kernel's when not said ----

-- the kernel's shifted copies of x, of which pooling takes the maximum or the mean
local function windows(x, kernel, stride)
  local s, out = x.shape, {}
  local h, w = (s[2] - kernel[1]) // stride[1], (s[3] - kernel[2]) // stride[2]
  if h < 0 or w < 0 then op.fail(("kernel %s does not fit input %dx%d"):format(util.shape(kernel), s[2], s[3])) end
  for i = 1, kernel[1] do
    for j = 1, kernel[2] do
      out[#out + 1] = op.slice(x, {1, i, j, 1}, {s[1], i + h * stride[1], j + w * stride[2], s[4]}, {1, stride[1], stride[2], 1})
    end
  end
  return out
end

local function pool(kind, combine)
  define(kind, {"kernel", kernel = {util.sizes}, stride = {util.sizes, false}}, function(o)
    local stride = o.stride or o.kernel
    return ("%s k%s s%s"):format(kind, util.shape(o.kernel), util.shape(stride)), {forward = function(self, x)
      need_images(self, x.shape)
      local list = windows(x, o.kernel, stride)
      local y = list[1]
      for k = 2, #list do y = combine(y, list[k]) end
      return kind == "avg_pool2d" and y * (1 / #list) or y
    end}
  end)
end
pool("max_pool2d", function(a, b) return op.map("max", a, b) end)                       -- of equal elements the first gets the gradient
pool("avg_pool2d", function(a, b) return a + b end)

-- global_avg_pool{}: (N,H,W,C) -> (N,C)
define("global_avg_pool", {}, function()
  return nil, {forward = function(self, x)
    need_images(self, x.shape)
    return op.reshape(tensor.mean(x, {2, 3}), {x.shape[1], x.shape[4]})
  end}
end)

---- the rest ----

-- dropout{p = 0.5}: in training each element is 0 with probability p, else divided by 1 - p: Srivastava et al. 2014
define("dropout", {"p", p = {util.share, 0.5}}, function(o)
  return ("dropout %g"):format(o.p), {forward = function(_, x, train)
    if not train or o.p == 0 then return x end
    return tensor.where(op.map("lt", op.random("uniform", x.shape), o.p), 0, x * (1 / (1 - o.p)))
  end}
end)

-- embedding{classes =, out =, init = init.normal(0, 1)}: labels (N) -> (N,out): rows of a table
define("embedding", {classes = {util.size}, out = {util.size}, init = {util.init, init.normal(0, 1)}}, function(o)
  return ("embedding %dx%d"):format(o.classes, o.out), {
    setup = function(self) self:param{"weight", shape = {o.classes, o.out}, init = o.init, fan = {o.classes, o.out}} end,
    forward = function(self, x) return op.matmul(tensor.one_hot(x, o.classes), self:read("weight")) end}
end)

-- func(f, text): any function of a tensor (and of train, true or false) as a layer
function nn.func(f, text)
  if type(f) ~= "function" then op.fail(("nn.func needs a function of a tensor, not %s"):format(util.show(f))) end
  return layer.new("func", text or "func", {forward = function(_, x, train) return f(x, train) end})
end

-- layer(kind, methods): a layer of the spec's own, with parameters: see layer.lua and models/README.md
function nn.layer(kind, methods)
  util.check("nn.layer", "its kind", kind, util.text)
  if type(methods) ~= "table" or type(methods.forward) ~= "function" then op.fail("nn.layer needs a table of methods: {setup = function(self, shape), forward = function(self, x, train)}") end
  return layer.new(kind, methods.text or kind, methods)
end

---- nets and blocks of layers ----

-- sequential(name, {layers}): a net; see layer.lua.  sequential{layers}: several layers as one
function nn.sequential(name, layers)
  if layers == nil and type(name) == "table" then return layer.block("sequential", name, function(_, y) return y end) end
  return layer.net(name, layers)
end
-- residual{layers}: x + f(x): He et al. 2016, section 3.1
function nn.residual(layers) return layer.block("residual", layers, function(x, y) return x + y end) end
-- skip{layers}: x and f(x) side by side, as channels: the U of Ronneberger et al. 2015
function nn.skip(layers) return layer.block("skip", layers, function(x, y) return op.concat({x, y}, -1) end) end

return nn
