-- dwtaps.lua: weight gradients of kernels with few input channels: dwtaps.c, and dwfinish.c for the sums of its chunks.
local machine, text, dw = module "cpu/machine.lua", module "cpu/text.lua", module "cpu/dw.lua"
local max, ceil = math.max, math.ceil
local kernel, even, up = text.kernel, text.even, text.up
local lanes = machine.lanes

local UNITS = 8             -- chunks of images, at about the most

-- Does it pay? When the channels would leave most of a register tile empty.
local function applies(K) return K.op == "conv_dw" and K.I < 4 and K.KH * K.KW > 1 and K.KH * K.KW * K.I <= 64 end

-- For dwfinish.c it is a kernel of one tap whose input channels are taps and channels.
local function taps_shape(K)
  local d = {start = text.start, length = text.length, lanes = lanes, list = text.list, KH = 1, KW = 1, I = K.KH * K.KW * K.I}
  for _, name in ipairs {"N", "H", "W", "OH", "OW", "O", "SH", "SW", "PH", "PW"} do d[name] = K[name] end
  d.OP = ceil(d.O / lanes) * lanes
  d.rows = even(d.I, machine.ROWS)
  d.most_rows, d.least_rows = d.rows[1].size, d.rows[#d.rows].size
  d.blocks = even(d.OP // lanes, machine.vectors(d.most_rows))
  d.most_vectors, d.least_vectors = d.blocks[1].size, d.blocks[#d.blocks].size
  d.weights = d.I * d.OP
  d.images = ceil(d.N / UNITS)
  d.chunks = ceil(d.N / d.images)
  -- an image with room for the padding, and where in it each row of a register tile reads
  d.channels, d.wide = K.I, max((K.OW - 1) * K.SW + K.KW, K.W + K.PW)
  d.image = max((K.OH - 1) * K.SH + K.KH, K.H + K.PH) * d.wide * K.I
  d.place = {}
  for kh = 0, K.KH - 1 do
    for kw = 0, K.KW - 1 do
      for c = 0, K.I - 1 do d.place[#d.place + 1] = (kh * d.wide + kw) * K.I + c end
    end
  end
  d.y_at = up(d.image)
  return d
end

local function finish_chunks(d) return ceil(d.weights / 8192) end

local function taps_size(K)
  local d = taps_shape(K)
  return {main = d.chunks, finish = finish_chunks(d), partial_bytes = 4 * d.chunks * d.weights, thread_bytes = 4 * (d.y_at + d.OH * d.OW * d.OP)}
end

local function taps_launch(K, phase)
  local d = taps_shape(K)
  local what = ("conv_dw_%dx%dx%d_%dx%d_%d"):format(K.H, K.W, K.I, K.KH, K.KW, K.O)
  if phase == "finish" then return dw.finish(K, d, what, finish_chunks(d)) end
  d.x_value = function(...) return value(1, {...}) end
  d.y_value = function(...) return value(2, {...}) end
  d.tile = text.tiles("cpu/dwtapstile.c", "dwtapstile", "DwTapsTile", d.least_rows, d.most_rows, d.least_vectors, d.most_vectors)
  return kernel(K, what, nil, render("cpu/dwtaps.c", d))
end

return {applies = applies, size = taps_size, launch = taps_launch}
