--> @:3: the step must return {minimize = a loss, params = a net, with = an optimiser}, not nil
local net = nn.sequential("net", {nn.linear{1}})
local function step() net(random.normal{2, 2}) end
return {steps = {step}}
