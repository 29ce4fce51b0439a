-- DCGAN at 64x64 (Radford, Metz, Chintala 2015; sizes and names of pytorch/examples/dcgan): from a folder of pictures, or an IDX file.
-- burin train models/dcgan64.lua --set dir=~/pictures                             PNG and JPEG files of any size
-- burin train models/dcgan64.lua --set images=faces-images-idx4-ubyte           (N,64,64,3) bytes
local dir    = option("dir", "", "folder of pictures, in place of the IDX file")
local images = option("images", "images-idx4-ubyte", "IDX file of images (N,64,64,3), plain or gzip")
local batch  = option("batch", 64, "images in a batch")
local nz     = option("nz", 100, "numbers that an image is made of")
local ngf    = option("ngf", 64, "channels of the generator's last but one layer")
local ndf    = option("ndf", 64, "channels of the discriminator's first layer")
local lr     = option("lr", 2e-4, "learning rate of both nets")
local beta1  = option("beta1", 0.5, "decay of Adam's mean")
local precision = option("precision", "fp32", "numbers that are multiplied", {"fp32", "tf32", "bf16"})

local weights, scales = init.normal(0, 0.02), init.normal(1, 0.02)
local real = dir ~= "" and data.images{dir = dir, size = 64, channels = 3, batch = batch, range = {-1, 1}}
                       or data.idx{images = images, shape = {64, 64, 3}, batch = batch, range = {-1, 1}}

local function up(out, stride, padding)
  return nn.conv_transpose2d{out, kernel = 4, stride = stride, padding = padding, bias = false, init = weights}
end
local function down(out, stride, padding)
  return nn.conv2d{out, kernel = 4, stride = stride, padding = padding, bias = false, init = weights}
end

local G = nn.sequential("generator", {
  up(8 * ngf, 1, 0), nn.batch_norm{init = scales}, nn.relu{},                   --  1 ->  4
  up(4 * ngf, 2, 1), nn.batch_norm{init = scales}, nn.relu{},                   --  4 ->  8
  up(2 * ngf, 2, 1), nn.batch_norm{init = scales}, nn.relu{},                   --  8 -> 16
  up(ngf, 2, 1),     nn.batch_norm{init = scales}, nn.relu{},                   -- 16 -> 32
  up(real.channels, 2, 1), nn.tanh{},                                           -- 32 -> 64
})
local D = nn.sequential("discriminator", {
  down(ndf, 2, 1),     nn.leaky_relu{0.2},                                      -- 64 -> 32
  down(2 * ndf, 2, 1), nn.batch_norm{init = scales}, nn.leaky_relu{0.2},        -- 32 -> 16
  down(4 * ndf, 2, 1), nn.batch_norm{init = scales}, nn.leaky_relu{0.2},        -- 16 ->  8
  down(8 * ndf, 2, 1), nn.batch_norm{init = scales}, nn.leaky_relu{0.2},        --  8 ->  4
  down(1, 1, 0),       nn.sigmoid{},                                            --  4 ->  1
})

local adam = optim.adam{lr = lr, betas = {beta1, 0.999}}
local function z(n) return random.normal{n, 1, 1, nz} end

local function d_step()
  local on_real, on_fake = D(real), D(stop(G(z(batch))))
  return {name = "loss_D", minimize = loss.bce(on_real, 1) + loss.bce(on_fake, 0), params = D, with = adam,
          report = {["D(x)"] = on_real}}
end

local function g_step()
  local on_fake = D(G(z(batch)))
  return {name = "loss_G", minimize = loss.bce(on_fake, 1), params = G, with = adam, report = {["D(G(z))"] = on_fake}}
end

return {steps = {d_step, g_step}, samples = function() return G:eval(z(64)) end, epochs = 25, precision = precision}
