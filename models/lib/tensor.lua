-- tensor.lua: methods of tensors, in terms of the ops. Axes count from 1, or from the end when negative.
local util = require "lib.util"
local tensor = {}

for _, fn in ipairs {"neg", "abs", "sign", "floor", "exp", "log", "log1p", "expm1", "sqrt", "rsqrt", "sin", "cos", "tanh", "sigmoid", "softplus", "erf"} do
  tensor[fn] = function(x) return op.map(fn, x) end             -- x:exp() and so on, element by element
end
for _, fn in ipairs {"max", "min", "pow", "lt", "le", "eq"} do
  tensor[fn] = function(x, y) return op.map(fn, x, y) end       -- x:max(y); lt, le, eq give 1 or 0
end

-- x:where(a, b): a where x is not 0, else b
function tensor.where(x, a, b) return op.map("where", x, a, b) end

local function count(shape, axes)
  if not axes then return util.product(shape) end
  local n = 1
  for _, a in ipairs(axes) do n = n * shape[a > 0 and a or #shape + 1 + a] end
  return n
end

-- x:sum{axes}, x:mean{axes}, x:highest{axes}: over all axes when none are given (then a scalar); reduced axes stay with size 1
function tensor.sum(x, axes)
  local s = op.reduce("sum", x, axes)
  return axes and s or op.reshape(s, {})
end
function tensor.mean(x, axes) return tensor.sum(x, axes) * (1 / count(x.shape, axes)) end
function tensor.highest(x, axes)
  local s = op.reduce("max", x, axes)
  return axes and s or op.reshape(s, {})
end

function tensor.reshape(x, shape) return op.reshape(x, shape) end
function tensor.transpose(x, perm) return op.transpose(x, perm) end
function tensor.slice(x, start, stop, step) return op.slice(x, start, stop, step) end
function tensor.pad(x, lo, hi, interior) return op.pad(x, lo, hi, interior) end
function tensor.broadcast(x, shape) return op.broadcast(x, shape) end
function tensor.matmul(x, y, tx, ty) return op.matmul(x, y, tx, ty) end
function tensor.stop(x) return op.stop(x) end

-- one of a data object's fields, or a tensor as it is
function tensor.of(x)
  local m = type(x) == "table" and getmetatable(x)
  if m and m.tensor then return m.tensor(x) end
  return x
end

return tensor
