-- WGAN with gradient penalty on MNIST (Gulrajani et al. 2017): a critic C without batch normalisation, whose gradient is
-- kept near length 1. The penalty is made of a gradient and is differentiated itself: second derivatives, in one line.
-- The critic's activations are smooth, so that its gradient is too; the paper's leaky_relu{0.2} trains as well.
local batch  = option("batch", 64, "images in a batch")
local nz     = option("nz", 100, "numbers that an image is made of")
local critic = option("critic", 5, "steps of the critic for each of the generator")
local lambda = option("lambda", 10, "weight of the gradient penalty")
local lr     = option("lr", 1e-4, "learning rate of both nets")

local G = nn.sequential("generator", {
  nn.conv_transpose2d{128, kernel = 4, bias = false}, nn.batch_norm{}, nn.relu{},                              --  1 ->  4
  nn.conv_transpose2d{64, kernel = 3, stride = 2, padding = 1, bias = false}, nn.batch_norm{}, nn.relu{},      --  4 ->  7
  nn.conv_transpose2d{32, kernel = 4, stride = 2, padding = 1, bias = false}, nn.batch_norm{}, nn.relu{},      --  7 -> 14
  nn.conv_transpose2d{1, kernel = 4, stride = 2, padding = 1}, nn.tanh{},                                      -- 14 -> 28
})
local C = nn.sequential("critic", {
  nn.conv2d{32, kernel = 4, stride = 2, padding = 1}, nn.silu{},                                               -- 28 -> 14
  nn.conv2d{64, kernel = 4, stride = 2, padding = 1}, nn.silu{},                                               -- 14 ->  7
  nn.conv2d{128, kernel = 3, stride = 2, padding = 1}, nn.silu{},                                              --  7 ->  4
  nn.conv2d{1, kernel = 4},                                                                                    --  4 ->  1
})

local real = data.mnist{batch = critic * batch, range = {-1, 1}}        -- a batch of its own for each step of the critic
local adam = optim.adam{lr = lr, betas = {0, 0.9}}
local function z(n) return random.normal{n, 1, 1, nz} end

local function c_step(i)
  local x, fake = real.images:slice({(i - 1) * batch + 1}, {i * batch}), stop(G(z(batch)))
  local distance, penalty = loss.wasserstein(C(x), C(fake)), loss.gradient_penalty(C, x, fake)
  return {name = "loss_C", minimize = distance + lambda * penalty, params = C, with = adam,
          report = {["W"] = -distance, ["penalty"] = penalty}}
end

local function g_step()
  return {name = "loss_G", minimize = -C(G(z(batch))):mean(), params = G, with = adam}
end

local steps = {}
for i = 1, critic do steps[i] = c_step end
steps[critic + 1] = g_step

return {steps = steps, samples = function() return G:eval(z(64)) end, epochs = 50}
