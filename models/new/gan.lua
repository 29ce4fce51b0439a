-- A GAN to start from: G makes images of noise, D tells them from real ones.
--
--   burin check NAME                  says what is wrong, in milliseconds
--   burin train NAME --epochs 3       trains; the pictures go to out/runs
--   burin fmt NAME                    tidies the text
--
-- Burin runs this file once, records what it computes and makes C of that. Tensors are images (N,H,W,C): number, height, width,
-- channels. models/README.md in Burin's folder describes the language.

-- Options can be set for one run: --set lr=1e-4. Name, value, what it is.
local batch = option("batch", 64, "images in a batch")
local nz = option("nz", 64, "numbers that an image is made of")
local lr = option("lr", 2e-4, "learning rate of both nets")

-- The data. Other sets: data.images{dir = "FOLDER", size = 64}, data.fashion_mnist, data.idx. Bytes become numbers in `range`.
local real = data.mnist{batch = batch, range = {-1, 1}}

-- The generator: a layer a line, sizes behind it. Its last layer fits `range`: tanh gives -1 to 1.
local G = nn.sequential("generator", {
  nn.linear{7 * 7 * 64, bias = false}, nn.reshape{{7, 7, 64}},                  -- noise -> 7x7
  nn.batch_norm{}, nn.leaky_relu{0.2},
  nn.conv_transpose2d{32, kernel = 4, stride = 2, padding = 1, bias = false},   --   7x7 -> 14x14
  nn.batch_norm{}, nn.leaky_relu{0.2},
  nn.conv_transpose2d{real.channels, kernel = 4, stride = 2, padding = 1},      -- 14x14 -> 28x28
  nn.tanh{},
})

-- The discriminator: from an image to one number, how sure it is that the image is real.
local D = nn.sequential("discriminator", {
  nn.conv2d{32, kernel = 4, stride = 2, padding = 1}, nn.leaky_relu{0.2},       -- 28x28 -> 14x14
  nn.conv2d{64, kernel = 4, stride = 2, padding = 1}, nn.leaky_relu{0.2},       -- 14x14 -> 7x7
  nn.flatten{}, nn.linear{1}, nn.sigmoid{},
})

local adam = optim.adam{lr = lr, betas = {0.5, 0.999}}
local function noise(n) return random.normal{n, nz} end

-- One training step is these functions, one after the other. Each returns a loss, the nets that it trains, and with what.
local function d_step()
  local fake = stop(G(noise(batch)))                      -- stop: nothing is learnt through here, so G stays as it is
  local on_real, on_fake = D(real), D(fake)
  return {name = "loss_D", minimize = loss.bce(on_real, 1) + loss.bce(on_fake, 0), params = D, with = adam,
          report = {["D(x)"] = on_real}}                  -- what is printed beside the loss
end

local function g_step()
  local on_fake = D(G(noise(batch)))
  return {name = "loss_G", minimize = loss.bce(on_fake, 1), params = G, with = adam, report = {["D(G(z))"] = on_fake}}
end

-- Drawn after each epoch: G:eval is G as it is used after training.
local function samples() return G:eval(noise(64)) end

return {steps = {d_step, g_step}, samples = samples, range = {-1, 1}, epochs = 20}
