--> @:4: "y" is reported twice
local net = nn.sequential("net", {nn.linear{1}})
local function one() local y = net(random.normal{2, 2}):mean(); return {minimize = y, params = net, with = optim.sgd{lr = 1}, report = {y = y}} end
local function two() local y = net(random.normal{2, 2}):mean(); return {minimize = y, params = net, with = optim.sgd{lr = 1}, report = {y = y}} end
return {steps = {one, two}}
