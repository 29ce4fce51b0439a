--> @: samples must be images (N,H,W,C) with 1 or 3 channels, but their shape is 2x1
local net = nn.sequential("net", {nn.linear{1}})
local function step() return {minimize = net(random.normal{2, 2}):mean(), params = net, with = optim.sgd{lr = 1}} end
return {steps = {step}, samples = function() return net(random.normal{2, 2}) end}
