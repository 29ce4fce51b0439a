--> @:2: linear "net.1": a tensor of 1000000x1000000 has 1e+12 elements; at most 2147483647 are possible
local net = nn.sequential("net", {nn.linear{1000000}, nn.linear{1000000}})
local function step() return {minimize = net(random.normal{2, 2}):mean(), params = net, with = optim.sgd{lr = 1}} end
return {steps = {step}}
