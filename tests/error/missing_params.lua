--> @:3: the step must return params = a net, or a list of nets, not nil
local net = nn.sequential("net", {nn.linear{1}})
local function step() return {minimize = net(random.normal{2, 2}):mean(), with = optim.sgd{lr = 1}} end
return {steps = {step}}
