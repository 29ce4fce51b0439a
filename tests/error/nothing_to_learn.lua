--> @:3: minimize does not depend on "net.0.weight" and the other params of the step; is there a stop() too many?
local net = nn.sequential("net", {nn.linear{1}})
local function step() return {minimize = stop(net(random.normal{2, 2})):mean(), params = net, with = optim.sgd{lr = 1}} end
return {steps = {step}}
