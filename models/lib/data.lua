-- data.lua: data sets. What these functions give stands for a batch of images (N,H,W,C) wherever a tensor is expected: D(real).
-- real.images and real.labels (N) are tensors, inside steps; real.batch, real.height, real.width, real.channels are numbers, and
-- real.classes where it is known.
-- Bytes 0..255 become range[1]..range[2]. Each epoch has another order; what does not fill a batch at its end is left out.
local util = require "lib.util"
local data = {}

local set = {}
function set.__index(s, key)
  if key == "labels" then return op.map("copy", op.read(op.batch(s.id, "labels"))) end
  if key == "images" then
    local lo, hi = s.range[1], s.range[2]
    return op.read(op.batch(s.id, "images")) * ((hi - lo) / 255) + lo
  end
  if key == "classes" then op.fail("how many classes this data set has is not known here; data.images{classes = N} says it") end
  op.fail(('a data set has no "%s"%s'):format(tostring(key), util.nearest(tostring(key), {"images", "labels", "batch", "height", "width", "channels", "classes"})))
end
function set.tensor(s) return s.images end

local function new(o, source)
  source.batch, source.lo, source.hi = o.batch, o.range[1], o.range[2]
  local s = op.source(source)
  return setmetatable({id = s.id, batch = o.batch, range = o.range, height = s.shape[1], width = s.shape[2], channels = s.shape[3], classes = source.classes}, set)
end

local function make(kind, paths, ...)
  local fields = {batch = {util.size}, range = {util.range, {0, 1}}, images = paths and {util.text} or nil, labels = paths and {util.text, false} or nil, shape = paths and {util.list, false} or nil}
  local o = util.arguments("data." .. kind, fields, ...)
  return new(o, {kind = kind, images = o.images, labels = o.labels or nil, shape = o.shape or nil, classes = not paths and 10 or nil})
end

-- mnist{batch =, range = {0, 1}}: 60,000 digits (28,28,1) in 10 classes: LeCun et al. 1998
function data.mnist(...) return make("mnist", false, ...) end
-- fashion_mnist{batch =, range = {0, 1}}: the same of clothes: Xiao et al. 2017
function data.fashion_mnist(...) return make("fashion_mnist", false, ...) end
-- idx{images = path, labels = path, batch =, range = {0, 1}, shape =}: IDX files, plain or gzip: images (N,H,W) or (N,H,W,C),
-- labels (N). shape is read from the file; said, {H, W, C}, it is checked when training starts, and the file need not be here before.
function data.idx(...) return make("idx", true, ...) end

-- images{dir = folder, size = 64 or {height, width}, channels = 3, batch =, range = {0, 1}, classes =}: the PNG and JPEG files in a folder
-- and in those inside it, which are the classes. Each is cut at its middle to the proportions of size, and resized to it.
local folder = {text = "the name of a folder", is = function(v) return type(v) == "string" and v ~= "" and v or nil end}
local channels = {text = "1 (gray) or 3 (RGB)", is = function(v) return (v == 1 or v == 3) and v or nil end}
function data.images(...)
  local o = util.arguments("data.images", {dir = {folder}, size = {util.sizes}, channels = {channels, 3}, batch = {util.size}, range = {util.range, {0, 1}}, classes = {util.size, false}}, ...)
  return new(o, {kind = "images", images = o.dir, shape = {o.size[1], o.size[2], o.channels}, classes = o.classes or nil})
end

return data
