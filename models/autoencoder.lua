-- A convolutional autoencoder on MNIST: 28x28 pixels through `code` numbers and back (Hinton and Salakhutdinov 2006).
local batch = option("batch", 64, "images in a batch")
local code  = option("code", 16, "numbers that an image is squeezed into")
local lr    = option("lr", 1e-3, "learning rate at the start; it falls to a tenth by steps")

local encoder = nn.sequential("encoder", {
  nn.conv2d{16, kernel = 3, padding = 1}, nn.relu{}, nn.max_pool2d{2},          -- 28 -> 14
  nn.conv2d{32, kernel = 3, padding = 1}, nn.relu{}, nn.max_pool2d{2},          -- 14 ->  7
  nn.flatten{}, nn.linear{code},
})
local decoder = nn.sequential("decoder", {
  nn.linear{7 * 7 * 32}, nn.relu{}, nn.reshape{{7, 7, 32}},
  nn.upsample_nearest{2}, nn.conv2d{16, kernel = 3, padding = 1}, nn.relu{},    --  7 -> 14
  nn.upsample_nearest{2}, nn.conv2d{1, kernel = 3, padding = 1}, nn.sigmoid{},  -- 14 -> 28
})

local real = data.mnist{batch = batch}
local adam = optim.adam{lr = schedule.step{lr, factor = 0.1, every = 5000}}

local function step()
  return {name = "loss", minimize = loss.mse(decoder(encoder(real)), real), params = {encoder, decoder}, with = adam}
end

-- Each image, and beside it what is left of it
local function samples()
  local images = real.images
  local both = concat({images:reshape{batch, 1, 28, 28, 1}, decoder:eval(encoder:eval(images)):reshape{batch, 1, 28, 28, 1}}, 2)
  return both:reshape{2 * batch, 28, 28, 1}
end

return {steps = {step}, samples = samples, range = {0, 1}, epochs = 10}
