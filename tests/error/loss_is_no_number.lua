--> @:3: minimize must be one number, but its shape is 2x1; take a mean or a sum of it
local net = nn.sequential("net", {nn.linear{1}})
local function step() return {minimize = net(random.normal{2, 2}), params = net, with = optim.sgd{lr = 1}} end
return {steps = {step}}
