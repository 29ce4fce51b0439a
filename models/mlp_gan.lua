-- A GAN of fully connected nets on MNIST, as in the first paper (Goodfellow et al. 2014).
local batch = option("batch", 64, "images in a batch")
local nz    = option("nz", 64, "numbers that an image is made of")
local lr    = option("lr", 2e-4, "learning rate of both nets")

local G = nn.sequential("generator", {
  nn.linear{256}, nn.leaky_relu{0.2},
  nn.linear{512}, nn.leaky_relu{0.2},
  nn.linear{28 * 28}, nn.tanh{}, nn.reshape{{28, 28, 1}},
})
local D = nn.sequential("discriminator", {
  nn.flatten{},
  nn.linear{512}, nn.leaky_relu{0.2},
  nn.linear{256}, nn.leaky_relu{0.2},
  nn.linear{1}, nn.sigmoid{},
})

local real = data.mnist{batch = batch, range = {-1, 1}}
local adam = optim.adam{lr = lr, betas = {0.5, 0.999}}
local function z(n) return random.normal{n, nz} end

local function d_step()
  local on_real, on_fake = D(real), D(stop(G(z(batch))))
  return {name = "loss_D", minimize = loss.bce(on_real, 1) + loss.bce(on_fake, 0), params = D, with = adam,
          report = {["D(x)"] = on_real}}
end

local function g_step()
  local on_fake = D(G(z(batch)))
  return {name = "loss_G", minimize = loss.bce(on_fake, 1), params = G, with = adam, report = {["D(G(z))"] = on_fake}}
end

return {steps = {d_step, g_step}, samples = function() return G:eval(z(64)) end, epochs = 30}
