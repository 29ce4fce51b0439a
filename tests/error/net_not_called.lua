--> @:4: net "second" has no parameters to train; it was not called yet
local first, second = nn.sequential("first", {nn.linear{1}}), nn.sequential("second", {nn.linear{1}})
--
local function step() return {minimize = first(random.normal{2, 2}):mean(), params = second, with = optim.sgd{lr = 1}} end
return {steps = {step}}
