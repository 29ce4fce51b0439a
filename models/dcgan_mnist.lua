-- DCGAN on MNIST, the model that PyTorch tutorials teach (Radford, Metz, Chintala 2015).
-- burin train models/dcgan_mnist.lua            burin train models/dcgan_mnist.lua --set noise=uniform
local batch = option("batch", 64, "images in a batch")
local nz    = option("nz", 100, "numbers that an image is made of")
local lr    = option("lr", 2e-4, "learning rate of both nets")
local beta1 = option("beta1", 0.5, "decay of Adam's mean")
local precision = option("precision", "fp32", "numbers that are multiplied", {"fp32", "tf32", "bf16"})
local noise = option("noise", "normal", "distribution of the noise", {"normal", "uniform"})

local weights, scales = init.normal(0, 0.02), init.normal(1, 0.02)
local function up(out, kernel, stride, padding)
  return nn.conv_transpose2d{out, kernel = kernel, stride = stride, padding = padding, bias = false, init = weights}
end
local function down(out, kernel, stride, padding)
  return nn.conv2d{out, kernel = kernel, stride = stride, padding = padding, bias = false, init = weights}
end

local G = nn.sequential("generator", {
  up(128, 4, 1, 0), nn.batch_norm{init = scales}, nn.leaky_relu{0.2},           --  1 ->  4
  up(64, 3, 2, 1),  nn.batch_norm{init = scales}, nn.leaky_relu{0.2},           --  4 ->  7
  up(32, 4, 2, 1),  nn.batch_norm{init = scales}, nn.leaky_relu{0.2},           --  7 -> 14
  up(1, 4, 2, 1),   nn.tanh{},                                                  -- 14 -> 28
})

local D = nn.sequential("discriminator", {
  down(32, 4, 2, 1),  nn.leaky_relu{0.2},                                       -- 28 -> 14
  down(64, 4, 2, 1),  nn.batch_norm{init = scales}, nn.leaky_relu{0.2},         -- 14 ->  7
  down(128, 3, 2, 1), nn.batch_norm{init = scales}, nn.leaky_relu{0.2},         --  7 ->  4
  down(1, 4, 1, 0),   nn.sigmoid{},                                             --  4 ->  1
})

local real = data.mnist{batch = batch, range = {-1, 1}}
local adam = optim.adam{lr = lr, betas = {beta1, 0.999}}

local function z(n)
  if noise == "uniform" then return random.uniform{n, 1, 1, nz, lo = -1, hi = 1} end
  return random.normal{n, 1, 1, nz}
end

-- D learns to tell real from fake, each a batch of its own for batch_norm; G is not touched
local function d_step()
  local on_real, on_fake = D(real), D(stop(G(z(batch))))
  return {name = "loss_D", minimize = loss.bce(on_real, 1) + loss.bce(on_fake, 0), params = D, with = adam,
          report = {["D(x)"] = on_real}}
end

-- G learns to make D say "real" of fresh fakes
local function g_step()
  local on_fake = D(G(z(batch)))
  return {name = "loss_G", minimize = loss.bce(on_fake, 1), params = G, with = adam, report = {["D(G(z))"] = on_fake}}
end

local draws = option("samples", 64, "images that are drawn at once")
return {steps = {d_step, g_step}, samples = function() return G:eval(z(draws)) end, epochs = 20, precision = precision}
