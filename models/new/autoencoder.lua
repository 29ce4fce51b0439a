-- An autoencoder to start from: images through few numbers and back.
--
--   burin check NAME                  says what is wrong, in milliseconds
--   burin train NAME --epochs 3       trains; the pictures go to out/runs
--   burin fmt NAME                    tidies the text
--
-- Burin runs this file once, records what it computes and makes C of that. Tensors are images (N,H,W,C): number, height, width,
-- channels; or rows (N,C). models/README.md in Burin's folder describes the language.

-- Options can be set for one run: --set code=8. Name, value, what it is.
local batch = option("batch", 64, "images in a batch")
local code = option("code", 16, "numbers that an image is squeezed into")
local lr = option("lr", 1e-3, "learning rate")

-- The data. Other sets: data.images{dir = "FOLDER", size = 64}, data.fashion_mnist, data.idx.
local real = data.mnist{batch = batch}

-- Two nets that are trained as one: a layer a line, sizes behind it.
local encoder = nn.sequential("encoder", {
  nn.conv2d{16, kernel = 4, stride = 2, padding = 1}, nn.relu{},                -- 28x28 -> 14x14
  nn.conv2d{32, kernel = 4, stride = 2, padding = 1}, nn.relu{},                -- 14x14 -> 7x7
  nn.flatten{}, nn.linear{code},
})
local decoder = nn.sequential("decoder", {
  nn.linear{7 * 7 * 32}, nn.relu{}, nn.reshape{{7, 7, 32}},
  nn.conv_transpose2d{16, kernel = 4, stride = 2, padding = 1}, nn.relu{},      --   7x7 -> 14x14
  nn.conv_transpose2d{real.channels, kernel = 4, stride = 2, padding = 1},      -- 14x14 -> 28x28
  nn.sigmoid{},                                                                 -- 0 to 1, as the images are
})

-- One training step: the loss, the nets that it trains, and with what.
local function step()
  return {name = "loss", minimize = loss.mse(decoder(encoder(real)), real), params = {encoder, decoder}, with = optim.adam{lr = lr}}
end

-- Drawn after each epoch: the images, and below them what came out. eval: the nets as they are used after training.
local function samples()
  return concat({real.images, decoder:eval(encoder:eval(real))}, 1)
end

return {steps = {step}, samples = samples, range = {0, 1}, epochs = 10}
