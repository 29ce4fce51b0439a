-- axis.lua: conv and conv_dx along one axis, for all targets. conv_dx is stride sub-problems, one for each position `a` modulo the
-- stride: each a convolution of stride 1 with the taps that land there, reversed.
local ceil = math.ceil

-- J outputs, of which output j meets tap t at source j * step - P + t, which is row k(t) of the weights
return function(dx, size, kernel, stride, padding, out, a)
  if not dx then return {J = out, T = kernel, P = padding, step = stride, k = function(t) return t end} end
  local k0 = (a + padding) % stride
  local T = k0 < kernel and ceil((kernel - k0) / stride) or 0
  return {J = ceil((size - a) / stride), T = T, P = T - 1 - (a + padding - k0) // stride, step = 1, k = function(t) return k0 + stride * (T - 1 - t) end}
end
