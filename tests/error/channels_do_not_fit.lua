--> @:3: conv2d "second.0": the weights 3x3x8x4 expect 8 channels, but the input 8x26x26x16 has 16
local first = nn.sequential("first", {nn.conv2d{16, kernel = 3}})
local shared = nn.conv2d{4, kernel = 3}
local second, third = nn.sequential("second", {shared}), nn.sequential("third", {shared})
local real = data.mnist{batch = 8}
local function step()
  local small = second(real.images:broadcast{8, 28, 28, 8})
  return {minimize = third(first(real)):mean() + small:mean(), params = first, with = optim.sgd{lr = 0.1}}
end
return {steps = {step}}
