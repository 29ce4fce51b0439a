--> @:5: add: shapes 8x28x28x1 and 8x10 do not fit: 28 and 8 at axis -2; the sizes must be equal, or one of them 1
local net = nn.sequential("net", {nn.flatten{}, nn.linear{10}})
local real = data.mnist{batch = 8}
local function step()
  return {minimize = (real.images + net(real)):mean(), params = net, with = optim.sgd{lr = 1}}
end
return {steps = {step}}
