-- tensor.lua: methods of tensors, in terms of the ops. Axes count from 1, or from the end when negative.
local util = require "lib.util"
local tensor = {}

-- x:exp() and so on: of each element
for _, fn in ipairs {"abs", "sign", "floor", "exp", "log", "log1p", "expm1", "sqrt", "rsqrt", "sin", "cos", "tanh", "sigmoid", "softplus", "erf"} do
  tensor[fn] = function(x) return op.map(fn, x) end
end
-- x:max(y): of each pair of elements; y a tensor or a number. lt, le, eq give 1 where it is so, else 0
for _, fn in ipairs {"max", "min", "pow", "lt", "le", "eq"} do
  tensor[fn] = function(x, y) return op.map(fn, x, y) end
end
-- c:where(a, b): a where c is not 0, else b
function tensor.where(c, a, b) return op.map("where", c, a, b) end
-- x:relu(): max(x, 0), with the derivative 0 at 0.  x:leaky_relu(slope): x or slope * x
function tensor.relu(x) return op.map("where", op.map("lt", 0, x), x, 0) end
function tensor.leaky_relu(x, slope) return op.map("where", op.map("lt", 0, x), x, x * slope) end

local function count(shape, axes)
  if not axes then return util.product(shape) end
  local n = 1
  for _, a in ipairs(axes) do n = n * (shape[a > 0 and a or #shape + 1 + a] or 1) end
  return n
end

-- x:sum{axes}, x:mean{axes}, x:highest{axes}: over the axes, which stay with size 1; over all when none are given: a scalar
local function reduce(kind, x, axes)
  local y = op.reduce(kind, x, axes)
  return axes and y or op.reshape(y, {})
end
function tensor.sum(x, axes) return reduce("sum", x, axes) end
function tensor.highest(x, axes) return reduce("max", x, axes) end
function tensor.mean(x, axes) return reduce("sum", x, axes) * (1 / count(x.shape, axes)) end

-- x:softmax(): e^x / sum e^x over the last axis; the maximum is taken off first, so that nothing overflows
function tensor.softmax(x)
  local e = op.map("exp", x - op.stop(op.reduce("max", x, {-1})))
  return e / op.reduce("sum", e, {-1})
end

-- x:reshape{sizes}: the same elements in the same order; one size may be -1.  x:transpose{axes}: axes in another order
function tensor.reshape(x, shape) return op.reshape(x, shape) end
function tensor.transpose(x, perm) return op.transpose(x, perm) end
-- x:slice({first}, {last}, {step}): lists, one number for each axis; both ends belong to it
function tensor.slice(x, first, last, step) return op.slice(x, first, last, step) end
-- x:pad({before}, {after}, {between}): zeros, so many for each axis
function tensor.pad(x, before, after, between) return op.pad(x, before, after, between) end
-- x:broadcast{sizes}: sizes of 1 repeated
function tensor.broadcast(x, shape) return op.broadcast(x, shape) end
-- x:matmul(y, tx, ty): (...,M,K) x (...,K,N) -> (...,M,N); a flag transposes
function tensor.matmul(x, y, tx, ty) return op.matmul(x, y, tx, ty) end
-- labels:one_hot(k): (N) -> (N,k), 1 where the column is the label
function tensor.one_hot(labels, k)
  local n = labels.shape[1]
  if labels.rank ~= 1 then op.fail(("one_hot needs labels (N), but its input is %s"):format(util.shape(labels.shape))) end
  return op.map("eq", op.reshape(labels, {n, 1}), op.iota({n, k}, 2))
end
-- x:stop(): x; no gradient passes
function tensor.stop(x) return op.stop(x) end

-- What stands for a tensor as a tensor: a data set (data.lua) is its images.
function tensor.of(x)
  local m = type(x) == "table" and getmetatable(x)
  if m and m.tensor then return m.tensor(x) end
  if type(x) ~= "userdata" and type(x) ~= "number" then op.fail(("expected a tensor, got %s"):format(util.show(x))) end
  return x
end

return tensor
