--> @:3: linear "net.0": the name "net.0.weight" is taken by the variable made at @:2; give one of the nets another name
local a = nn.sequential("net", {nn.linear{1}})
local b = nn.sequential("net", {nn.linear{1}})
local function step() return {minimize = (a(random.normal{2, 2}) + b(random.normal{2, 2})):mean(), params = {a, b}, with = optim.sgd{lr = 1}} end
return {steps = {step}}
