-- data.lua: data sets. An object of them stands for a batch of images scaled to `range` wherever a tensor is expected; obj.images
-- and obj.labels are tensors too. Bytes 0..255 become range[1]..range[2].
local util = require "lib.util"
local data = {}

local source = {}
local function field(s, name)
  local x = op.read(op.batch(s.id, name))
  if name == "labels" then return x + 0.0 end
  local lo, hi = s.range[1], s.range[2]
  return x * ((hi - lo) / 255) + lo
end
source.tensor = function(s) return field(s, "images") end
source.__index = function(s, key)
  if key == "images" or key == "labels" then return field(s, key) end
  op.fail(('a data set has images and labels, not "%s"'):format(tostring(key)))
end

local function make(kind, o, more)
  local fields = {batch = util.needed, range = {0, 1}}
  for k, v in pairs(more or {}) do fields[k] = v end
  o = util.arguments("data." .. kind, o, fields)
  util.whole("data." .. kind, "batch", o.batch, 1)
  if #o.range ~= 2 or type(o.range[1]) ~= "number" or type(o.range[2]) ~= "number" then op.fail(("data.%s: range is two numbers, as {-1, 1}"):format(kind)) end
  local s = op.source{kind = kind, batch = o.batch, lo = o.range[1], hi = o.range[2], images = o.images, labels = o.labels}
  return setmetatable({id = s.id, shape = s.shape, batch = o.batch, range = o.range}, source)
end

-- mnist{batch =, range = {0, 1}}: 60,000 images (28,28,1) of digits (LeCun et al. 1998)
function data.mnist(o) return make("mnist", o) end
-- fashion_mnist{batch =, range =}: the same of clothes (Xiao et al. 2017)
function data.fashion_mnist(o) return make("fashion_mnist", o) end
-- idx{images = path, labels = path, batch =, range =}: any IDX files, plain or gzip
function data.idx(o) return make("idx", o, {images = util.needed, labels = util.none}) end

return data
