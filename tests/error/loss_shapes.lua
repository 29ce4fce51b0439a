--> @:4: loss.mse: the shapes 8x10 and 8x28x28x1 must be equal
local net = nn.sequential("net", {nn.flatten{}, nn.linear{10}})
local real = data.mnist{batch = 8}
local function step() return {minimize = loss.mse(net(real), real), params = net, with = optim.sgd{lr = 1}} end
return {steps = {step}}
