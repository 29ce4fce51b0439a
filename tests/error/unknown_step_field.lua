--> @:3: a step has no field "minimise"; did you mean "minimize"?
local net = nn.sequential("net", {nn.linear{1}})
local function step() return {minimise = net(random.normal{2, 2}):mean(), params = net, with = optim.sgd{lr = 1}} end
return {steps = {step}}
