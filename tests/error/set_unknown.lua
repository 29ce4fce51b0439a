--> burin: @ declares no option "bacth"; did you mean "batch"?
--$ show _ --set bacth=8
local batch = option("batch", 64, "images in a batch")
local net = nn.sequential("net", {nn.linear{1}})
local function step() return {minimize = net(random.normal{batch, 2}):mean(), params = net, with = optim.sgd{lr = 1}} end
return {steps = {step}}
